"""Which other network judges, where nobody named one."""

from typing import Any

from kinv.classifiers.registry import load
from kinv.printable import printable

from .landmarks import NETWORKS

JUDGES = ("efficientnet_lite0", "squeezenet")  # the first that is another network; both come inside packages
LEAST = 64  # pixels; smaller images show these networks nothing


def usual_judge(network: Any) -> str | None:
    """The name of a classifier of photographs that is not the network itself; None where images are grey or small."""
    height, width, channels = network.input_shape[1:]
    if channels != 3 or min(height or LEAST, width or LEAST) < LEAST:
        return None
    return next(name for name in JUDGES if name != network.name)


def judge_name(network: Any, judge: Any) -> str | None:
    """The name of the judge of a network: of a classifier; of the usual one, for `"auto"`; or None, for none."""
    return usual_judge(network) if isinstance(judge, str) else None if judge is None else judge.name


def chosen_judge(network: Any, judge: Any, needed: bool) -> Any:
    """The judge of a report.

    Args:
        network: what is judged.
        judge: a classifier; `"auto"`, for the usual one; or None.
        needed: whether anything asks it: the usual one is loaded only then.
    """
    if not isinstance(judge, str):
        return judge
    name = usual_judge(network) if needed else None
    return None if name is None else load(name)


def judge_title(judge: Any) -> str:
    """The name of a judge as people write it."""
    return {name: title for title, name in NETWORKS.items()}.get(judge.name, printable(judge.name))
