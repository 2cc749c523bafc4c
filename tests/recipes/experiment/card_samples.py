"""Made-up metadata for every body of a card and what differs within it, and tiny models for the code in the cards."""

import kinv
from kinv.analysis.filters.change_parts import PARTS, REST
from kinv.classifiers import sigmoid_network

ALWAYS = {
    "seed": 3,
    "data": {"train": "some images (train)", "test": "some images (test)", "license": "CC0"},
    "minutes": 1.5,
    "hardware": "2 CPU cores",
    "versions": {"kinv": "0", "python": "3.11", "tensorflow": "2.21", "keras": "3.15", "numpy": "2.4"},
}
DIGIT_CNN = {"name": "digit_cnn", "license": "Apache-2.0"}
TRAINING = {"preset": "default", "epochs": 2, "batch_size": 8, "learning_rate": 0.01}
LAYERS = {**TRAINING, "units": [5, 4], "momentum": 0.9, "upper_rate": None, "tune_epochs": 2, "deformed": False}
NOISY, CHAINS = {"rates": [0.4, 0.2]}, {"steps": 1, "persistent": True, "weight_decay": 0.1}
FILTERS = {
    **TRAINING, "layer": "conv2", "steps_per_epoch": 5, "latent_dim": 3, "information_weight": 1.0, "noise": 0.5,
    "movement": 1.0, "consistency": 1.0, "mismatch_weight": 3.0, "min_change": 15.0, "adversarial_weight": 0.05,
    "saturating": False, "min_diversity": 0.0, "centered": False, "draws": 10, "singles": 20, "sets": 10,
    "smoothing": 1.0,
}  # fmt: skip
GRID = (
    *("fall", "unchanged", "middle_change", "change", "corner_change"),
    *("detour", "shape_share", "shape_change"),
)  # fmt: skip
METRICS = {
    "digit_cnn": ("test_accuracy",),
    "rbm": ("log_likelihood", "log_partition", "log_partition_low", "log_partition_high", "pseudo_likelihood"),
    "denoising_autoencoder": ("explained", "error"),
    "coupled_generator": (
        *("first", "first_five_of_judge", "median_rank_of_judge"),
        *("saturation", "contrast", "slope", "likeness"),
    ),
    "invariant_transformer": ("learned_unchanged", "random_unchanged", "space_distance", "color_distance"),
    "filter_gan": (
        *("network", "averaged", "control", "single_mean", "single_worst", "movement", "apart", "compared_at"),
        *("generated", "best_other", "explained_variance", "diversity"),
        *(f"{of}grid_{name}" for of in ("", "control_") for name in GRID),
        *(f"{of}grid_part_{name.replace(' ', '_')}" for of in ("", "control_") for name in (*PARTS, REST)),
        *(f"counterpart_{name}" for name in ("mismatch", "change", "unchanged", "judge")),
    ),
    "layerwise": ("test_error", "edge_share", "explained_by_gabor", "unexplained_variance"),
}


CURVES = [
    {"filters": name, "movement": movement, "accuracy": accuracy}
    for name, accuracies in (("generated", (0.99, 0.98)), ("whitened noise", (0.98, 0.6)), ("shifted", (0.9, None)))
    for movement, accuracy in zip((0.5, 1.0), accuracies, strict=True)
]


def _of(card, config, recipe, **more):
    metrics = {key: 0.1 + 0.01 * place for place, key in enumerate(METRICS[card])}
    return {**ALWAYS, "card": card, "recipe": f"recipes.{recipe}", "config": config, "metrics": metrics, **more}


def _layers(kind, holds="stack", data="mnist", **config):
    config = {**LAYERS, **(NOISY if kind == "sdae" else CHAINS), "data": data, **config}
    recipe = f"{kind}_{'patches' if 'size' in config else 'mnist'}"
    return _of("layerwise", config, recipe, kind=kind, holds=holds, threshold=0.6)


def _filters(recipe, **config):
    more = {"classifier": DIGIT_CNN, "right": "the true digit", "compared_at": "pool", "matched": 2, "curves": CURVES}
    return _of("filter_gan", {**FILTERS, **config}, recipe, **more)


def _transformer(labels, family="paper", flows=()):
    more = {"classifier": DIGIT_CNN, "labels": labels, "held_out": {"right": 3, "draws": 4, "images": 5}}
    data = {"train": "some images (train)", "held_out": "some images (test)", "license": "CC0"}
    config = {**TRAINING, "family": family, "color_weight": 0.07, "smoothing": 0.1, "beyond": list(flows)}
    if family == "largest":
        parts = ("log_volume", "effective_dimension", "offset")
        numbers = {f"{part}_{name}": 0.5 for part in ("space", "color", "beyond") for name in parts}
        more |= {"families": [{"family": "learned", "unchanged": 0.85, **numbers}], "asked_for": 0.87, "share": 0.85}
        more |= {"smoothing": 0.5, "controls": [2, 6, 3] if flows else [12, 6]}
    return _of("invariant_transformer", config, "itn_alexnet", data=data, **more)


METADATA = {
    "digits": _of("digit_cnn", TRAINING, "digit_cnn"),
    "rbm": _of("rbm", {**TRAINING, "hidden_units": 4, "steps": 1}, "rbm_mnist"),
    "autoencoder": _of("denoising_autoencoder", {**TRAINING, "size": 32, "width": 0.1, "noise": 25.0}, "dae_photos"),
    "gallery": _of(
        "coupled_generator", {**TRAINING, "way": "spectral"}, "coupled_gallery",
        classifier=DIGIT_CNN, judge="squeezenet", way="spectral decoder of photographs",
        data={"train": "some images", "license": "CC0"},
    ),
    "transformer": _transformer("given"),
    "transformer_unlabelled": _transformer("the network's own predictions"),
    "transformer_largest": _transformer("given", "largest"),
    "transformer_flows": _transformer("given", "largest", ("tone",)),
    "filters": _filters("filter_gan_mnist"),
    "filters_conv4": _filters("filter_gan_mnist", layer="conv4"),
    "filters_held_apart": _filters("filter_gan_mnist", movement=None, min_diversity=0.5, centered=True),
    "filters_of_the_paper": _filters("filter_gan_mnist", layer="conv3", movement=None, saturating=True, noise=0.0),
    "filters_photos": _filters("filter_gan_photos"),
    "dbn": _layers("dbn"),
    "dbn_deformed": _layers("dbn", deformed=True, persistent=False),
    "dbn_silhouettes": _layers("dbn", data="silhouettes"),
    "dbn_patches": _layers("dbn", data="auto", size=4),
    "sdae": _layers("sdae"),
    "sdae_silhouettes": _layers("sdae", data="silhouettes"),
    "sdae_patches": _layers("sdae", data="auto", size=4),
    "sdae_rotated": _layers("sdae", holds="classifier", data="rotated"),
}  # fmt: skip
METADATA = {name: {"name": name, **metadata} for name, metadata in METADATA.items()}
MODELS = {  # as small as the code in the cards allows
    "digits": lambda: kinv.classifiers.build("digit_cnn"),
    "rbm": lambda: kinv.models.RestrictedBoltzmannMachine(784, 4),
    "autoencoder": lambda: kinv.models.DenoisingAutoencoder(size=32, width=1 / 64),
    "gallery": lambda: kinv.models.Gallery(["a", "b"], "spectral", size=6),
    "transformer": lambda: kinv.models.InvariantTransformer(family="paper", hidden_units=(4,)),
    "filters": lambda: kinv.models.FilterGAN(
        kinv.classifiers.load("digit_cnn"), "conv2", latent_dim=3, hidden_units=(4,), width=2
    ),
    "dbn": lambda: kinv.models.DeepBeliefNetwork((784, 5, 4)),
    "sdae_patches": lambda: kinv.models.StackedDenoisingAutoencoder((16, 5, 4), loss="mse"),
    "sdae_rotated": lambda: sigmoid_network.build((28, 28, 1), (5, 4), 10),
}
