"""The models that an artifact can hold: methods, and the classifiers that kinv trains itself."""

import math
from importlib import import_module
from typing import Any

from kinv.models import SAVED

METHODS = {name: f"kinv.models.{folder}" for name, folder in SAVED.items()}
CLASSIFIER, OWN = "Classifier", ("digit_cnn",)  # other networks' weights are their authors' to share
SIGMOID = "sigmoid_network"  # fine-tuned deep belief nets and stacks of autoencoders
CLASSES = (*METHODS, CLASSIFIER)  # what `load` builds; nothing else


def describe(model: Any) -> tuple[str, dict[str, Any]]:
    """The class name and the configuration from which `build` makes the model again, without its weights.

    Raises:
        ValueError: a model that artifacts can't hold.
    """
    import keras

    from kinv import classifiers
    from kinv.classifiers import sigmoid_network

    name = type(model).__name__
    if METHODS.get(name) and type(model).__module__.startswith(METHODS[name]):
        return name, model.get_config()
    if isinstance(model, keras.Model) and model.name in OWN and _alike(model, classifiers.build(model.name)):
        return CLASSIFIER, {"name": model.name}
    shape = sigmoid_network.describe(model) if isinstance(model, keras.Model) else None
    if shape and _alike(model, sigmoid_network.build(**shape)):
        return CLASSIFIER, {"name": SIGMOID, **shape}
    raise ValueError(
        f"kinv.save takes {', '.join((*METHODS, *OWN, SIGMOID))}, received {name} {getattr(model, 'name', '')!r}. "
        "Save other Keras models with model.save()."
    )


def build(name: str, config: dict[str, Any]) -> Any:
    """The model that `describe` described, with random weights.

    Raises:
        ValueError, TypeError, KeyError: a configuration that does not fit.
    """
    if name == CLASSIFIER:
        from kinv import classifiers
        from kinv.classifiers import sigmoid_network

        if config["name"] == SIGMOID:
            return sigmoid_network.build(**{key: value for key, value in config.items() if key != "name"})
        if config["name"] not in OWN:
            raise ValueError(f"name must be one of {(*OWN, SIGMOID)}, received {config['name']!r}")
        return classifiers.build(config["name"])
    unknown = {"classifier"} & set(config)  # an argument of the constructors, never part of a configuration
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)} in the configuration: remove them")
    return getattr(import_module(METHODS[name]), name).from_config(config)


def build_within(name: str, config: dict[str, Any], weights: int) -> Any:
    """Like `build`, but checks first that the model is no larger than its weights; only then is memory allocated.

    Args:
        name: as in `build`.
        config: as in `build`.
        weights: how many numbers the model may hold.

    Raises:
        ValueError: the model would hold more.
    """
    from kinv.surgery.deferred import give_values, without_values

    model, pending = without_values(lambda: build(name, config))
    planned = sum(math.prod(variable.shape) for variable in model.variables)
    if planned > weights:
        raise ValueError(f"its configuration needs {planned:,} weights, its weights file holds {weights:,}")
    give_values(pending)
    return model


def copy_weights(source: Any, target: Any) -> None:
    """Weights and the state of random numbers, from a model to one that `build` made of its configuration."""
    for theirs, ours in zip(source.variables, target.variables, strict=True):
        ours.assign(theirs)


def _alike(first: Any, second: Any) -> bool:
    """Whether two Functional models have the same layers, apart from layer names."""

    def layers(model):
        configs = [(type(layer).__name__, layer.get_config()) for layer in model.layers]
        return [(name, {key: value for key, value in config.items() if key != "name"}) for name, config in configs]

    return first.input_shape == second.input_shape and layers(first) == layers(second)


def endpoints(model: Any) -> dict[str, tuple[Any, list[Any]]]:
    """The SavedModel's endpoints: name to function and input signature."""
    return model.export_endpoints() if hasattr(model, "export_endpoints") else {"classify": classify(model)}


def classify(classifier: Any) -> tuple[Any, list[Any]]:
    """A classifier's endpoint: images in 0..255 to logits."""
    import tensorflow as tf

    def logits(images):
        return classifier(images, training=False)

    return logits, [tf.TensorSpec((None, *classifier.input_shape[1:]), tf.float32, name="images")]
