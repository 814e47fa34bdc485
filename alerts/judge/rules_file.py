"""The file of the rules, watched: read again when it changes; what is broken changes nothing and is told once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.lines import TomlError
from alerts.judge.rules import RULES_VERSION, Rule, RulesError, load, shipped_text
from alerts.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_DIGITS = 8


class _Read(NamedTuple):
    rules: dict[str, Rule]
    version: str


class RulesFile:
    """The rules in force, of *path* or (None) the shipped ones; *known_numbers* as in `alerts.judge.rules.load`.

    Raises:
        RulesError: at the start the file is broken or cannot be read; nothing begins with rules nobody meant.

    """

    def __init__(self, path: Path | None, known_numbers: Mapping[str, Collection[str]] | None = None) -> None:
        def parse(text: str | None, name: str) -> _Read:
            if text is None:
                return _Read(load(known_numbers=known_numbers), RULES_VERSION)
            return _Read(load(text, name, known_numbers=known_numbers), version_of(text))

        try:
            self._file = Watched(path, parse)
        except TomlError as exc:
            raise RulesError(exc.name, exc.problems) from exc

    @property
    def current(self) -> dict[str, Rule]:
        """Name → rule, as in force."""
        return self._file.current.rules

    @property
    def version(self) -> str:
        """Version of what judging computes; of other rules than the shipped ones with the digest of their text."""
        return self._file.current.version

    @property
    def broken(self) -> str | None:
        """What keeps the file from being in force, or None."""
        return self._file.broken

    def refresh(self) -> str | None:
        """Read the file again if it changed; return the sentence that it is broken, once for each change.

        While it is broken the rules go on as they were. Whether others are in force now is seen by `version`.
        """
        return self._file.refresh()


def version_of(text: str) -> str:
    """Return the version of judging by the rules *text*: that of the program alone where it is the shipped text."""
    if text == shipped_text():
        return RULES_VERSION
    return f"{RULES_VERSION}+{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"
