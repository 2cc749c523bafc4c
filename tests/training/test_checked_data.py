"""What a method is trained with is refused in one sentence if it can't be."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kinv.training.checked_data import checked_data


@pytest.mark.parametrize("wrapped", [dict, tf.data.Dataset.from_tensor_slices])
def test_a_dict_is_refused_with_the_way_to_its_values(wrapped):
    images = keras.Input((4, 4, 3))
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(images))
    data = wrapped({"image": np.full((2, 4, 4, 3), 99.0), "label": np.zeros(2, int)})
    with pytest.raises(ValueError, match=r"dict with the keys \['image', 'label'\]: .*e\['image'\], e\['label'\]"):
        checked_data(network, data, None, preflight=False)
