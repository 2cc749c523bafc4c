"""Sensitivity screening: the predictions of a network for images that are changed more and more.

Bunne, Rahmann and Wolf, "Studying Invariances of Trained Convolutional Neural Networks", section III-C.
Shapes: `B` batch, `M` magnitudes, `K` classes of the network.
"""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.backend import compile, compile_model
from kinv.choices import checked_choice
from kinv.classifiers.classes import class_names as names_of
from kinv.classifiers.fingerprint import weights_sha256
from kinv.classifiers.preflight import IMAGES, check_sample
from kinv.data.image_stream import ImageStream
from kinv.ops.affine import FILLS
from kinv.ops.stateless_random import seed_pair
from kinv.surgery.contract import check_logits

from .plans import planned
from .progress import ScreeningProgress
from .resume import Run, RunInFolder
from .tables import Screening
from .totals import Totals

SECONDS_BETWEEN_SAVES = 30


def screen(
    classifier: keras.Model,
    images: Any,
    labels: Any = None,
    transformations: Sequence[Any] | str | None = None,
    magnitudes: Mapping[str, Any] | None = None,
    *,
    batch_size: int = 32,
    fill: str = "zeros",
    seed: int = 0,
    use_labels: bool = True,
    class_names: Sequence[str] | None = None,
    results: str | os.PathLike | None = None,
    progress: bool = False,
    preflight: bool = True,
    each_image: bool = False,
) -> Screening:
    """Measures how a network's predictions change with the magnitude of transformations of its images.

    Images are read once for every transformation and kept only for a batch, so that memory does not grow with
    their number. Without labels, the network's predictions for the original images replace them.

    Args:
        classifier: Keras model with a Functional core, images `(B, H, W, C)` in 0..255 to logits `(B, K)`.
        images: `(N, H, W, C)` array in 0..255; a folder or the name of a data set; or a `tf.data.Dataset` of images
            or `(image, label)` that gives the same images every time.
        labels: int `(N,)` class indices, with an array.
        transformations: names from `kinv.ops.TRANSFORMATIONS` and `IMAGENET_C` (`"a+b"` composes), `Transformation`s,
            functions of `(images, magnitudes)`, or `InvariantTransformer`s. The last are screened along their `k` as
            `learned_space`, `learned_color` and, with flows, `learned_beyond`, a second one as `learned2_...`.
            `"imagenet_c"`, alone or among them, stands for the fifteen corruptions, see `Screening.corruption_error`.
            Default: the paper's eleven.
        magnitudes: the magnitudes to screen at, by name of the transformation. For composed transformations, a
            sequence for each part, of which all combinations are used. Functions need them; the others have defaults.
            The neutral magnitude is added where it is missing.
        batch_size: images per batch.
        fill: what lies outside the frame: `"zeros"`, `"reflect"` or `"nearest"`.
        seed: seed of the noise.
        use_labels: False leaves the labels of a folder or a data set unused.
        class_names: names of the classes. Default: the classifier's own, else ImageNet's for 1,000 classes, else the
            data set's, else numbers.
        results: a folder in which finished tables are kept. A run that was killed resumes from there, and ends with
            the same tables.
        progress: whether to show images per second and the remaining time.
        preflight: whether to check first, on some of the images, that they and their labels fit the network
            (`kinv.preflight`). What it found is in the metadata.
        each_image: whether to keep a row for each image and transformation as well, in `Screening.images`. Memory then
            grows by one integer for each image and magnitude.

    Returns:
        The tables; see `Screening`.

    Raises:
        ValueError: if images, labels, transformations or magnitudes can't be used, or `results` holds another run, or
            one that is going on.

    Examples:
        >>> import keras, numpy as np
        >>> inputs = keras.Input((8, 8, 3))
        >>> brightest = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))
        >>> images = np.random.default_rng(0).uniform(0, 255, (4, 8, 8, 3)).astype("float32")
        >>> screening = screen(brightest, images, transformations=["rotation"], magnitudes={"rotation": [0, 90]})
        >>> screening.accuracy["unchanged"].tolist()
        [1.0, 1.0]
    """
    check_logits(classifier)
    plans = planned(transformations, magnitudes)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, received {batch_size}")
    checked_choice("fill", fill, FILLS)
    seed_pair(seed)
    with Run() if results is None else RunInFolder(results) as run:  # before anything takes time
        stream = ImageStream(classifier, images, labels, use_labels)
        identity = {
            "network": classifier.name,
            "weights": weights_sha256(classifier),
            "images": stream.fingerprint,
            "labels": "given" if stream.labelled else "the network's own predictions",
            "transformations": [[t.name, points.tolist(), t.fingerprint] for t, points in plans],
            "fill": fill,
            "seed": seed,
            "batch_size": batch_size,
            "each_image": each_image,
        }
        names = _class_names(class_names, stream, classifier)
        sample = stream.sample(IMAGES) if preflight else None
        checked = sample and check_sample(classifier, *sample, stream.class_names).enforce().to_dict()
        run.open(identity)
        with ScreeningProgress(stream.count, plans, progress) as shown:
            for number, (transformation, points) in enumerate(plans):
                if run.has(number):
                    shown.skip(transformation.name)
                    continue
                totals, done = run.partial(number) or (Totals(points, classifier.output_shape[-1], each_image), 0)
                shown.start(transformation.name, done * batch_size)
                _screen_one(
                    totals, done, classifier, stream, transformation, run, number, shown, batch_size, fill, seed
                )
                run.add(number, totals.tables(classifier.name, transformation, stream.image_shape, names))
            about = {"description": stream.description, "network_classes": classifier.output_shape[-1]}
            return run.finish({**identity, **about, "preflight": checked})


def _screen_one(totals, done, classifier, stream, transformation, run, number, shown, batch_size, fill, seed) -> None:
    """Adds all images to the sums for one transformation, but for the batches that are done."""
    points, logits = totals.points, compile_model(classifier)

    def prepare(images):
        return transformation.prepare(images)

    def transform(prepared, magnitudes, seed):
        return transformation.apply(prepared, magnitudes, fill, seed)

    if transformation.compiles:
        prepare, transform = compile(prepare, jit_compile=True), compile(transform, jit_compile=True)
    neutral = np.flatnonzero(points == transformation.neutral) if transformation.exact else np.zeros(0, int)
    saved = time.monotonic()
    for batch, (images, labels) in enumerate(stream.batches(batch_size, skip=done), start=done):
        count = len(images)
        padded = np.concatenate([images, np.repeat(images[-1:], batch_size - count, axis=0)])  # one shape, one trace
        padded = padded if padded.dtype == np.uint8 else padded.astype("float32")
        prepared = prepare(ops.convert_to_tensor(padded))
        stream_seed = ops.convert_to_tensor([seed, batch * batch_size], dtype="int32")
        answers = []
        for point in points:
            magnitudes = ops.convert_to_tensor(np.repeat(point[None].astype("float32"), batch_size, axis=0))
            answer = ops.convert_to_numpy(logits(transform(prepared, magnitudes, stream_seed)[:count]))
            if not np.isfinite(answer).all():
                raise ValueError(
                    f"{classifier.name} returned NaN or infinity for {transformation.name} at {point}: check its "
                    "weights and the transformation."
                )
            answers.append(answer)
            shown.advance(count)
        # at the neutral magnitude the images are the original ones, bit for bit
        original = answers[neutral[0]] if len(neutral) else ops.convert_to_numpy(logits(images))
        totals.add(original, np.stack(answers), labels)
        if time.monotonic() - saved > SECONDS_BETWEEN_SAVES:
            run.keep_partial(number, totals, batch + 1)
            saved = time.monotonic()


def _class_names(given, stream, classifier) -> list[str]:
    count = classifier.output_shape[-1]
    if given is not None:
        if len(given) != count:
            raise ValueError(f"class_names must name the network's {count} classes, received {len(given)}")
        return list(given)
    return names_of(classifier, stream.class_names) or [str(index) for index in range(count)]
