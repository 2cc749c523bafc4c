"""Which other network judges, where nobody named one."""

from typing import Any

from kinv.classifiers.registry import load
from kinv.printable import printable

from .landmarks import NETWORKS

JUDGES = ("efficientnet_lite0", "squeezenet")  # the first that is another network; both come inside packages
LEAST = 64  # pixels; smaller images show these networks nothing


def usual_judge(network: Any) -> Any:
    """A classifier of photographs that is not the network itself; None where images are grey or small."""
    height, width, channels = network.input_shape[1:]
    if channels != 3 or min(height or LEAST, width or LEAST) < LEAST:
        return None
    return load(next(name for name in JUDGES if name != network.name))


def judge_title(judge: Any) -> str:
    """The name of a judge as people write it."""
    return {name: title for title, name in NETWORKS.items()}.get(judge.name, printable(judge.name))
