"""A card on a hub names the model that its artifact was made for, if it is there."""

import pytest
from huggingface_hub import ModelCard

import kinv
from kinv.models import InvariantTransformer

from .hubs import CARD


def read_card(hub, handle, cache):
    folder = kinv.pull(handle, token=hub.token, cache_dir=cache)
    kinv.verify(folder)
    text = (folder / "README.md").read_text()
    ModelCard(text).validate()
    return text


def base_of(card):
    return ModelCard(card).data.base_model


def made_for(folder, network, card=CARD):
    metadata = {"name": "n", "classifier": {"name": network}}
    return kinv.save(
        InvariantTransformer(family="paper", hidden_units=(3,)),
        folder,
        metadata,
        card=lambda _: card,
        saved_model=False,
    )


@pytest.fixture(params=["tiny", pytest.param("committed", marks=pytest.mark.long)])
def of_ours(request, tmp_path):
    """An artifact that was made for `digit_cnn`, and one to push by that name."""
    if request.param == "committed":
        return kinv.hub.find("filter_gan_mnist_conv4"), kinv.hub.find("digit_cnn")
    return made_for(tmp_path / "filters", "digit_cnn"), made_for(tmp_path / "network", "mine")


def test_a_network_of_ours_is_named_once_it_is_there(of_ours, local, cache, capsys):
    made, network = of_ours
    first = kinv.push(made, "hf://lab/filters", token=local.token, saved_model=False)
    assert "lab/digit_cnn is not on the hub" in capsys.readouterr().out
    assert base_of(read_card(local, first, cache)) is None
    kinv.push(network, "hf://lab/digit_cnn", token=local.token, saved_model=False)
    second = kinv.push(made, "hf://lab/filters", token=local.token, saved_model=False)
    assert capsys.readouterr().out == ""  # the card is not taken for one that somebody edited
    card, ours = read_card(local, second, cache), made / "README.md"
    assert base_of(card) == "lab/digit_cnn"
    pushed, kept = ModelCard(card), ModelCard(ours.read_text())
    assert pushed.text == kept.text.replace("<org>", "lab")
    assert pushed.data.to_dict() == {**kept.data.to_dict(), "base_model": "lab/digit_cnn"}


@pytest.mark.parametrize(
    ("network", "base"),
    [("efficientnet_lite0", "timm/tf_efficientnet_lite0.in1k"), ("mine", None), (["digit_cnn"], None)],
)
def test_networks_of_others_are_named_where_their_weights_are(local, cache, tmp_path, network, base):
    handle, _ = local.push(made_for(tmp_path / "itn", network), saved_model=False)
    assert base_of(read_card(local, handle, cache)) == base


def test_what_the_card_says_already_stays(local, cache, tmp_path):
    card = CARD.replace("license:", "base_model: alice/hers\nlicense:", 1)
    handle, _ = local.push(made_for(tmp_path / "itn", "efficientnet_lite0", card), saved_model=False)
    assert base_of(read_card(local, handle, cache)) == "alice/hers"
    handle, _ = local.push(made_for(tmp_path / "plain", "efficientnet_lite0", "# No front matter\n"), saved_model=False)
    assert "base_model" not in (kinv.pull(handle, token=local.token, cache_dir=cache) / "README.md").read_text()


def test_a_pushed_cards_examples_have_its_organisation(local, cache, tmp_path):
    made = made_for(tmp_path / "made", "mine", CARD + '`kinv.load("hf://<org>/made")`\n')
    kinv.push(made, "hf://lab/made", token=local.token, saved_model=False)
    assert '`kinv.load("hf://lab/made")`' in read_card(local, "hf://lab/made", cache)
    assert "<org>" in (made / "README.md").read_text()  # the user's own copy stays as it is
