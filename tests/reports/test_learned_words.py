"""What is said of learned transformations, whatever came out."""

import numpy as np
import pytest

from kinv.models.invariant_transformer.comparison import InvarianceComparison
from kinv.reports.learned_words import explored, sentence, shares, verdicts


def comparison(learned, hand_made, random, images=100, distance=0.5):
    """Of shares of images whose predictions stay; one draw."""
    kept = {name: (np.arange(images) < share * images)[None] for name, share in
            {"learned": learned, "hand_made": hand_made, "random": random}.items()}  # fmt: skip
    return InvarianceComparison(
        learned_unchanged=kept["learned"],
        random_unchanged=kept["random"],
        learned_right=None,
        random_right=None,
        color_distance=np.zeros((1, images)),
        space_distance=np.full((1, images), distance),
        hand_made=("zoom out", "brightness"),
        hand_made_unchanged=kept["hand_made"],
    )


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (comparison(0.8, 0.6, 0.4), "learned from my network keep 80 % of its predictions on new images; the best "
         "plain change as large (zoom out with brightness) keeps 60 %, a random one 40 %."),
        (comparison(0.4, 0.7, 0.3), "found nothing that my network ignores more than the best plain change as large "
         "(zoom out with brightness): 40 % of predictions stay, 70 % with the latter, 30 % with a random one."),
        (comparison(0.8, 0.8, 0.3, images=1000), "found nothing that my network ignores more than the best plain"),
        (comparison(0.8, 0.7, 0.3, images=10), "Too few images to tell whether my network ignores what a short"),
        (comparison(1, 1, 1, distance=0.05), "found nothing that my network ignores: what it learned hardly changes"),
    ],
)  # fmt: skip
def test_the_sentence_is_true_whatever_comes_out(shown, said):
    assert said in sentence("my network", shown)


def test_learned_ones_beside_each_control():
    found = verdicts(comparison(0.8, 0.9, 0.4))
    assert (found["hand_made"]["kind"], found["random"]["kind"]) == ("worse", "better")
    assert found["hand_made"]["low"] < -0.1 < found["hand_made"]["high"] < 0
    assert found["hand_made"]["words"].startswith("worse (\N{MINUS SIGN}")
    assert "roughly" in verdicts(comparison(0.8, 0.7, 0.3, images=10))["hand_made"]["words"]


def test_shares_have_the_intervals_of_as_many_images():
    kept = {row["of"]: row for row in shares(comparison(1, 0.6, 0.4))}
    assert list(kept) == ["learned", "hand_made", "random"]
    assert kept["learned"]["kept"] == kept["learned"]["high"] == 1 and 0.95 < kept["learned"]["low"] < 0.97
    assert kept["hand_made"]["low"] < 0.6 < kept["hand_made"]["high"]


def test_hardly_changed_images_are_nothing_learned():
    assert explored(comparison(1, 1, 1)) and not explored(comparison(1, 1, 1, distance=0.09))
