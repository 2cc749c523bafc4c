"""The folders of this machine: data, weights, artifacts, caches.

Some may be closed to this user: `os.path.isfile` and `isdir` then find nothing, where those of `Path` raise.
"""

import os
from pathlib import Path


def home() -> Path:
    """The user's folder, whether or not it is there; `~` where the system knows none."""
    return Path(os.path.expanduser("~"))


def working_folders() -> list[Path]:
    """The working folder; none if it was removed in the meantime."""
    try:
        return [Path.cwd()]
    except FileNotFoundError:
        return []


def data_folder() -> Path | None:
    """The folder that `KINV_DATA_DIR` names, or None.

    Raises:
        FileNotFoundError: `KINV_DATA_DIR` is set to something that is not a folder.
    """
    named = os.environ.get("KINV_DATA_DIR")
    if not named:
        return None
    if not Path(named).is_dir():
        raise FileNotFoundError(f"KINV_DATA_DIR={named} is not a folder: point it at a folder, or unset it.")
    return Path(named)


def tfds_folder() -> Path:
    """The folder of prepared TensorFlow Datasets: TFDS_DATA_DIR."""
    return Path(os.environ.get("TFDS_DATA_DIR", home() / "tensorflow_datasets"))


def keras_folder() -> Path:
    """The folder of Keras's downloads: KERAS_HOME."""
    return Path(os.environ.get("KERAS_HOME", home() / ".keras"))


def weight_folders() -> list[Path]:
    """Where weights are looked for: `KINV_DATA_DIR`, its `weights/`, the working folder, Keras's cache."""
    folders = [*working_folders(), keras_folder() / "models"]
    if os.environ.get("KINV_DATA_DIR"):
        data = Path(os.environ["KINV_DATA_DIR"])
        folders = [data, data / "weights", *folders]
    return folders


def artifact_folders() -> list[Path]:
    """`artifacts/` of the working folder, and of kinv's own checkout; or what came inside the installed package."""
    package = Path(__file__).parent
    own = package.parent / "artifacts" if (package.parent / "pyproject.toml").is_file() else package / "zoo"
    return list(dict.fromkeys([*(folder / "artifacts" for folder in working_folders()), own]))


def cache_folder(cache_dir: str | os.PathLike | None = None) -> Path:
    """The hub's cache: HF_HUB_CACHE."""
    if cache_dir is not None:
        return Path(cache_dir)
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)
