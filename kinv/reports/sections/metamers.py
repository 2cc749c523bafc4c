"""Other images that a layer answers as it does the original ones: what it has thrown away, seen directly."""

from typing import Any

from kinv.analysis.metamers.figures import ladder
from kinv.analysis.metamers.metamers import metamers
from kinv.analysis.metamers.result import Metamers, mean_of_known
from kinv.classifiers.classes import class_names
from kinv.classifiers.predict import answers, resized_for
from kinv.intervals import wilson_interval
from kinv.printable import file_stem, printable

from ..examples import examples
from ..judges import judge_title
from ..stages import Stage, stages_of
from ..subject import BATCH, Subject

LEAST_OTHERS = 2  # images; of fewer, the originals' own spectrum is used
CLOSE, CLOSER = 0.2, 0.25  # relative error of what a layer hardly tells apart, and its share of other images' error
LIKE, PARTLY = 0.8, 0.3  # correlations of pixels from which images look much alike, and have something in common


def make(subject: Subject) -> dict[str, Any]:
    """Originals, and for each layer the images that it answers alike, with what the networks say of them."""
    settings, judge = subject.settings, subject.judge
    stages = stages_of(subject.network, settings.metamer_layers)
    originals, others = examples(subject, settings.metamer_images)
    found = metamers(
        subject.network,
        [stage.name for stage in stages],
        originals,
        judge=judge,
        others=others if len(others) >= LEAST_OTHERS else None,
        steps=settings.metamer_steps,
        restarts=settings.metamer_restarts,
        seed=subject.seed,
        progress=subject.progress,
    )
    classes, _ = answers(subject.network, originals, BATCH)
    shown = [subject.names[index] for index in classes]
    title = None if judge is None else judge_title(judge)
    layers = [_layer(subject, found, index, stage) for index, stage in enumerate(stages)]
    return {
        "sentences": _sentences(layers, title, several=len(set(classes.tolist())) > 1),
        "originals": _images(subject, originals, originals, "original"),
        "layers": layers,
        "start": max((place for place, layer in enumerate(layers) if layer["close"]), default=0),
        "judge": title,
        "steps": settings.metamer_steps * (1 + settings.metamer_restarts),
        "tables": [subject.keep_table("metamers", found.to_frame())],
        "figures": [subject.keep_figure("metamers", ladder(found, titles=shown[:10]))],
    }


def _layer(subject: Subject, found: Metamers, index: int, stage: Stage) -> dict[str, Any]:
    error, null = found.error[index].mean(), found.null_error[index]
    images = _images(subject, found.originals, found.images[index, :, 0], f"{index}-{file_stem(stage.name)}")
    numbers = {
        "correlation": found.correlation[index, :, 0],
        "error": found.error[index, :, 0],
        "pixel_correlation": found.pixel_correlation[index, :, 0],
        "pixel_difference": found.pixel_difference[index, :, 0] / 255,
        "converged": found.converged[index, :, 0],
    }
    return {
        "layer": stage.name,
        "depth": stage.depth,
        "of": stage.layers,
        **{name: mean_of_known(values) for name, values in numbers.items() if name != "converged"},
        "other_correlation": mean_of_known(found.null[index]),
        "other_error": mean_of_known(null),
        "close": bool(error <= CLOSE and (not null.size or error <= CLOSER * null.mean())),
        "converged": int(found.converged[index].sum()),
        "images": [
            {**image, **{name: values[place] for name, values in numbers.items()}} for place, image in enumerate(images)
        ],
        "kept": None if found.kept is None else _share(found.kept[index]),
        "judge_kept": None if found.judge_kept is None else _share(found.judge_kept[index]),
    }


def _share(kept):
    low, high = wilson_interval(kept.sum(), kept.size)
    return {"count": int(kept.sum()), "of": kept.size, "low": low, "high": high}


def _images(subject, originals, images, name):
    """Each image with what the network says of it, and whether it says so of the original; and the judge."""
    said = _said(subject.network, subject.names, originals, images)
    judged: list[dict[str, Any] | None] = [None] * len(images)
    if subject.judge is not None:
        names = class_names(subject.judge) or [str(index) for index in range(subject.judge.output_shape[-1])]
        judged = list(_said(subject.judge, names, originals, images))
    return [
        {"file": subject.keep_image(f"metamers/{name}-{place}", image), **own, "judge": other}
        for place, (image, own, other) in enumerate(zip(images, said, judged, strict=True))
    ]


def _said(network, names, originals, images):
    before, _ = answers(network, resized_for(network, originals), BATCH)
    classes, confidence = answers(network, resized_for(network, images), BATCH)
    return [
        {"says": names[index], "confidence": float(sure), "same": bool(index == old)}
        for index, sure, old in zip(classes, confidence, before, strict=True)
    ]


def _sentences(layers: list[dict[str, Any]], judge: str | None, several: bool = True) -> list[str]:
    """What layers throw away; that predictions stay is said only if there are several of them."""
    close = [(place, layer) for place, layer in enumerate(layers) if layer["close"]]
    if not close:
        return [
            "For no layer that was looked at, the search found images that it hardly tells from the originals: what "
            "layers throw away can't be said."
        ]
    place, layer = close[-1]
    which = "last" if place + 1 == len(layers) else f"number {place + 1}"
    where = f"layer {printable(layer['layer'])} ({which} of {len(layers)} looked at)"
    if layer["pixel_correlation"] >= LIKE:
        return [
            f"Up to {where}, the network throws little away: images that this layer hardly tells from the originals "
            "look much like them."
        ]
    share = "only a part" if layer["pixel_correlation"] >= PARTLY else "little"
    said = f"{where[0].upper()}{where[1:]} hardly tells the originals from images that share {share} with them."
    if layer["kept"] is None or not several:
        return [said]
    said += f" The network gives {layer['kept']['count']} of {layer['kept']['of']} the class of their original"
    return [
        said
        + (f"; {judge}, another network, {layer['judge_kept']['count']}." if judge and layer["judge_kept"] else ".")
    ]
