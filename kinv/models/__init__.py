"""The methods: `keras.Model`s trained with `fit`. Each has its own folder, imported on first use."""

from ..public_names import lend

SAVED = {  # classes that can be saved as artifacts, and their folders
    "InvariantTransformer": "invariant_transformer",
    "FilterGAN": "filter_gan",
    "CoupledGenerator": "coupled_generator",
    "Gallery": "coupled_generator",
    "DenoisingAutoencoder": "coupled_generator",
    "RestrictedBoltzmannMachine": "layerwise",
    "DeepBeliefNetwork": "layerwise",
    "StackedDenoisingAutoencoder": "layerwise",
}
OTHERS = {"CollapseNotice": "filter_gan", "FreeEnergyGap": "layerwise"}
FOLDERS = {folder: f"kinv.models.{folder}:" for folder in SAVED.values()}
CLASSES = {name: f"kinv.models.{folder}" for name, folder in {**SAVED, **OTHERS}.items()}

__all__: list[str] = []
__getattr__, __dir__ = lend(
    __name__, __all__, {**FOLDERS, **CLASSES, "target": "kinv.models.coupled_generator.objective:"}
)
