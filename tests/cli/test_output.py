"""`--json` gives one document on stdout and nothing else there; `--quiet` only the result."""

import dataclasses
import json
import logging
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from kinv.cli.output import Output, json_document


@dataclasses.dataclass(kw_only=True)
class Noisy(Output):
    def result(self):
        print("on the way")
        warnings.warn("careful", stacklevel=1)
        logging.getLogger("kinv.data").warning("skipped one")
        return {"value": math.nan}

    def show(self, result):
        print(f"value: {result['value']}")


def test_json_is_alone_on_stdout(capsys):
    with pytest.warns(UserWarning, match="careful"):
        Noisy(json=True).run()
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"value": None} and "on the way" in printed.err


def test_quiet_has_no_warnings(capsys, caplog):
    before = logging.getLogger("kinv").level
    Noisy(quiet=True).run()  # a warning would be an error here
    assert not caplog.records and logging.getLogger("kinv").level == before
    assert capsys.readouterr().out.endswith("value: nan\n")
    assert not Noisy(quiet=True).progress and not Noisy(json=True).progress and Noisy().progress


def test_a_document_is_strict_json():
    values = {"a": np.float32(0.5), "b": np.arange(2), "c": (Path("x"), math.inf), 3: [np.nan, None, True]}
    assert json.loads(json_document(values)) == {"a": 0.5, "b": [0, 1], "c": ["x", None], "3": [None, None, True]}
