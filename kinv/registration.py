"""Lets Keras load models with kinv's layers after `import kinv` alone.

Keras finds a class of a saved model if it is registered, which happens when its module is imported. kinv imports its
modules on first use. Until then, a stand-in is registered, which imports the module when a model asks for the class.
"""

import importlib.abc
import importlib.util
import sys
from importlib import import_module
from typing import Any

PACKAGE = "kinv"
MODULES = {
    "ActivationDiscriminator": "kinv.models.filter_gan.discriminator",
    "ColorTransformer": "kinv.models.invariant_transformer.transformers",
    "Conditioner": "kinv.models.invariant_transformer.conditioner",
    "Counterparts": "kinv.models.filter_gan.counterparts",
    "Corruption": "kinv.layers.corruption",
    "CoupledGenerator": "kinv.models.coupled_generator.model",
    "DeepBeliefNetwork": "kinv.models.layerwise.dbn",
    "DenoisingAutoencoder": "kinv.models.coupled_generator.autoencoder",
    "FeatureGain": "kinv.models.coupled_generator.feature_gain",
    "FilterGAN": "kinv.models.filter_gan.model",
    "FilterGenerator": "kinv.models.filter_gan.generator",
    "FlowGenerator": "kinv.models.invariant_transformer.flow_generator",
    "Gallery": "kinv.models.coupled_generator.gallery",
    "GeneratedConvolution": "kinv.layers.generated_convolution",
    "InvariancePooling": "kinv.models.filter_gan.invariance_pooling",
    "InvariantTransformer": "kinv.models.invariant_transformer.model",
    "LearnedAugmentation": "kinv.hub.learned_augmentation",
    "LocalResponseNormalization": "kinv.layers.local_response_normalization",
    "Logits": "kinv.surgery.logits",
    "LieGenerator": "kinv.models.invariant_transformer.lie_generator",
    "MatrixGenerator": "kinv.models.invariant_transformer.matrix_generator",
    "MovingGenerator": "kinv.models.filter_gan.moving_generator",
    "RandomViews": "kinv.models.coupled_generator.random_views",
    "RestrictedBoltzmannMachine": "kinv.models.layerwise.rbm",
    "SpatialTransformer": "kinv.models.invariant_transformer.transformers",
    "SpectralDecoder": "kinv.models.coupled_generator.spectral_decoder",
    "StackedDenoisingAutoencoder": "kinv.models.layerwise.stacked_autoencoder",
    "TiedAutoencoder": "kinv.models.layerwise.tied_autoencoder",
}


class StandIn:
    """Takes a class's place in Keras's registry until the class is imported, which replaces it there."""

    def __init__(self, name: str):
        self.name = name

    def from_config(self, config: dict[str, Any]) -> Any:
        return getattr(import_module(MODULES[self.name]), self.name).from_config(config)


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Registers the stand-ins as soon as Keras is imported."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("keras")
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                _register(module)

            spec.loader.exec_module = exec_module
        return spec


def _register(keras: Any) -> None:
    known = keras.saving.get_custom_objects()
    for name in MODULES:
        known.setdefault(f"{PACKAGE}>{name}", StandIn(name))


def register() -> None:
    """Registers the stand-ins, at once or when Keras is imported."""
    if "keras" in sys.modules:
        _register(sys.modules["keras"])
    else:
        sys.meta_path.insert(0, _AfterKeras())
