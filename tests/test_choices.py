"""Unknown names are refused with the nearest known one."""

import pytest

from kinv.choices import checked_choice, nearest, unknown


def test_the_nearest_name_is_suggested():
    said = unknown("classifier", "squeeznet", ("squeezenet", "vgg16"), " or a .keras file")
    assert said == "unknown classifier 'squeeznet': did you mean squeezenet? Known: squeezenet, vgg16 or a .keras file."
    assert unknown("layer", "x", ["conv1"], where=" of net") == "unknown layer 'x' of net. Known: conv1."
    assert unknown("layer", "x", []) == "unknown layer 'x'. Known: none."


def test_capitals_do_not_matter():
    assert nearest("TENCH", ["Tench", "goldfish"]) == ["Tench"]
    assert nearest(None, ["tench"]) == nearest(3, ["tench"]) == []


def test_of_many_names_the_nearest_are_listed():
    names = [f"block{index}_conv" for index in range(300)]
    said = unknown("layer", "block7_cnov", names)
    assert "did you mean block7_conv?" in said and "and 295 others." in said and len(said) < 200
    assert unknown("layer", "?", names).count("block") == 5


def test_names_of_others_do_not_control_the_terminal():
    assert unknown("class", "red\x1b[2J", ["red\x1b[2K"]).isprintable()


def test_choices():
    assert checked_choice("fill", "zeros", ("zeros", "reflect")) == "zeros"
    with pytest.raises(ValueError, match="fill must be one of 'zeros', 'reflect', received 'zeroes': did you mean zer"):
        checked_choice("fill", "zeroes", ("zeros", "reflect"))
    with pytest.raises(ValueError, match=r"received None$"):
        checked_choice("fill", None, ("zeros",))
