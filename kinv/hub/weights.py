"""Weights in half the space."""

from pathlib import Path


def halve(path: Path) -> None:
    """Rewrites a Keras weights file with float16 in place of float32; Keras reads it into float32 variables.

    Raises:
        ValueError: a weight that is too large for float16.
    """
    import h5py
    import numpy as np

    draft = path.with_name(f".{path.name}")
    with h5py.File(path) as source, h5py.File(draft, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                target.require_group(name).attrs.update(item.attrs)
                return
            values = item[...]
            if values.dtype == np.float32:
                with np.errstate(over="ignore"):  # said below
                    values = values.astype(np.float16)
                if not np.isfinite(values).all():
                    raise ValueError(f"{name} holds weights beyond float16's 65,504: they can't be halved.")
            target.create_dataset(name, data=values).attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    draft.replace(path)
