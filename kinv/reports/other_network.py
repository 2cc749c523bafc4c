"""A second network on the images of a report."""

from dataclasses import replace

import keras

from kinv.classifiers.predict import resized_for
from kinv.data.source import Source
from kinv.surgery.contract import check_logits
from kinv.surgery.logits import class_names

from .subject import Subject

SCREENING = "screening_compared"  # the folder of its tables


def other_subject(subject: Subject, network: keras.Model, name: str) -> Subject:
    """What a report would be about if it were about another network: the same images, in the size that this one takes.

    Args:
        subject: the report's.
        network: the other one, images `(B, H, W, C)` in 0..255 to logits.
        name: what it is called on the page.

    Raises:
        ValueError: it does not return logits, does not take these images, or has other classes where there are labels.
    """
    check_logits(network)
    if subject.stream.labelled:
        _check_classes(subject.network, network)
    if isinstance(subject.images, Source):
        images = subject.images.fitted(network.input_shape[1:])
    else:
        images = resized_for(network, subject.images)
    name = f"the other {name}" if name == subject.name else name
    return replace(subject, network=network, name=name, images=images, screening_folder=SCREENING)


def _check_classes(one, other):
    remedy = "Leave the labels out (use_labels=False, --no-labels) to compare what each of them keeps."
    counts = [network.output_shape[-1] for network in (one, other)]
    if counts[0] != counts[1]:
        raise ValueError(
            f"to compare two networks by labels, both must have the same classes, received {counts[0]} and {counts[1]} "
            f"classes. {remedy}"
        )
    names, others = class_names(one), class_names(other)
    if names and others and names != others:
        first, second = next(pair for pair in zip(names, others, strict=True) if pair[0] != pair[1])
        raise ValueError(
            "to compare two networks by labels, both must have the same classes in the same order, received "
            f"{first!r} in place of {second!r}. {remedy}"
        )
