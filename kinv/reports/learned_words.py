"""Whether learned transformations are ignored more than random and hand-made ones as large, in words and shares."""

from typing import Any

from kinv.intervals import wilson_interval
from kinv.models.invariant_transformer.comparison import EXPLORED, InvarianceComparison
from kinv.verdicts import Verdict


def explored(comparison: InvarianceComparison) -> bool:
    """Whether the learned transformations change images at all."""
    found = comparison.metrics()
    return max(found["space_distance"], found["color_distance"]) >= EXPLORED


def sentence(name: str, comparison: InvarianceComparison) -> str:
    """What came out, in one sentence for the top of the page."""
    if not explored(comparison):
        return f"A short training found nothing that {name} ignores: what it learned hardly changes the images."
    learned, plain, random = (f"{100 * row['kept']:.0f} %" for row in shares(comparison))
    best = f"the best plain change as large ({' with '.join(comparison.hand_made or ())})"
    kind = verdicts(comparison)["hand_made"]["kind"]
    if kind == "better":
        return (
            f"Transformations learned from {name} keep {learned} of its predictions on new images; {best} keeps "
            f"{plain}, a random one {random}."
        )
    if kind == "unknown":
        said = f"Too few images to tell whether {name} ignores what a short training learned more than {best}"
    else:
        said = f"A short training found nothing that {name} ignores more than {best}"
    return f"{said}: {learned} of predictions stay, {plain} with the latter, {random} with a random one."


def shares(comparison: InvarianceComparison) -> list[dict[str, Any]]:
    """For learned, hand-made and random transformations: the share of predictions that stay, with its interval."""
    kept = {
        "learned": comparison.learned_unchanged,
        "hand_made": comparison.hand_made_unchanged,
        "random": comparison.random_unchanged,
    }
    rows = []
    for name, unchanged in kept.items():
        if unchanged is not None:
            of_images = unchanged.mean(axis=0)
            low, high = wilson_interval(of_images.sum(), len(of_images))  # draws of an image are not independent
            rows.append({"of": name, "kept": float(of_images.mean()), "low": low, "high": high})
    return rows


def verdicts(comparison: InvarianceComparison) -> dict[str, dict[str, Any]]:
    """Whether learned transformations keep more than each control."""
    controls = {"hand_made": comparison.hand_made_unchanged, "random": comparison.random_unchanged}
    found = {name: comparison.verdict(control) for name, control in controls.items() if control is not None}
    return {
        name: {"kind": one.kind, "low": one.low, "high": one.high, "words": _words(one)} for name, one in found.items()
    }


def _words(verdict: Verdict) -> str:
    points = f"{100 * verdict.low:+.0f} to {100 * verdict.high:+.0f} points".replace("-", "\N{MINUS SIGN}")
    if verdict.kind == "unknown":
        enough = " and ".join(f"{count:,} {of}" for count, of in verdict.needed)
        return f"too few images to tell ({points}); roughly {enough} are needed"
    return {"better": "better", "worse": "worse", "as good": "no better"}[verdict.kind] + f" ({points})"
