"""What stands in the log, and what never does."""

from __future__ import annotations

import subprocess
import sys

import pytest

_CRASH = """
import sys
from schemas.runtime import logs

logs.setup(sys.argv[1], "tests")

def send(password):
    raise ValueError("it failed")

try:
    send("s3cret-" + "value")
except ValueError:
    logs.get("tests").exception("crashed")
"""


@pytest.mark.parametrize("fmt", ["text", "json"])
def test_a_traceback_shows_where_it_was_and_no_value_of_a_variable(fmt: str) -> None:
    done = subprocess.run([sys.executable, "-c", _CRASH, fmt], capture_output=True, text=True, check=True)
    assert "ValueError: it failed" in done.stderr
    assert "in send" in done.stderr
    assert "s3cret-value" not in done.stderr
