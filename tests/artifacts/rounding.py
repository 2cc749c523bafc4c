"""How far rounding alone moves a model's answers: other processors and programs round differently."""

import keras
import numpy as np

SEVERAL = 4  # times what one rounding of every weight does to the answers; 1 was seen between two processors


def moved_by_rounding(model):
    """The model with every weight at a neighbouring number."""
    random = np.random.default_rng(0)
    for variable in model.variables:
        if keras.backend.is_float_dtype(variable.dtype):
            values = keras.ops.convert_to_numpy(variable)
            towards = np.where(random.random(values.shape) < 0.5, -np.inf, np.inf)
            variable.assign(np.nextafter(values, towards, dtype=values.dtype))
    return model
