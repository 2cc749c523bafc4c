"""Images for the network of known_network.py."""

import numpy as np
import pytest


@pytest.fixture
def photos(random):
    """20 dark images of mean 80 and 10 bright ones of mean 180."""
    labels = np.array([0] * 20 + [1] * 10, "int32")
    images = random.uniform(-20, 20, (30, 8, 8, 3)) + np.where(labels, 180, 80)[:, None, None, None]
    return images.astype("float32"), labels
