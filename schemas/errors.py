"""The error tree. Each error is one sentence and what to do about it.

MonitorError                     exit code 1
├── UseError                     exit code 2: wrong use, named before anything starts
│   ├── SettingsError
│   ├── RegistryError            carries every problem found: place, field, mend
│   └── ScenarioError
├── StartError                   a port, folder or tool that is not as it must be
├── DatabaseError
│   ├── DatabaseUnavailableError the connection class: retry, nothing is wrong with the data
│   └── DataRefusedError         the data class: retrying cannot help
│       └── KeyTakenError        a row with that key is there
├── SchemaError                  the database is newer, older or not ours
└── BrokerError                  the broker refuses us, or is none
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class MonitorError(Exception):
    """What went wrong, in one sentence, and what mends it."""

    exit_code = 1

    def __init__(self, sentence: str, mend: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.sentence} {self.mend}".strip()


class UseError(MonitorError):
    """The command was used wrongly."""

    exit_code = 2


class SettingsError(UseError):
    """A setting has a value that cannot be meant."""


class ScenarioError(UseError):
    """A simulator scenario names something that is not there."""


class Problem:
    """One thing wrong in a document a person wrote."""

    __slots__ = ("field", "mend", "place", "sentence")

    def __init__(self, place: str, field: str, sentence: str, mend: str) -> None:
        self.place = place
        self.field = field
        self.sentence = sentence
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.place}: {self.field}: {self.sentence} → {self.mend}"

    def __repr__(self) -> str:
        return f"Problem({self})"


class RegistryError(UseError):
    """The registry document is wrong; nothing was changed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"注册表有 {len(problems)} 处错误，未作任何更改 (registry refused, nothing changed):\n{lines}")


class StartError(MonitorError):
    """Something on this machine keeps the service from starting."""


class DatabaseError(MonitorError):
    """The database said no."""


class DatabaseUnavailableError(DatabaseError):
    """The database is away or overloaded (SQLSTATE 08, 40, 53, 57 …): keep the data and try again."""


class DataRefusedError(DatabaseError):
    """The database refuses these rows (SQLSTATE 22, 23): trying again cannot help."""


class KeyTakenError(DataRefusedError):
    """A row with the same key is stored (SQLSTATE 23505)."""


class SchemaError(DatabaseError):
    """The database's schema is not the one this version works with."""


class BrokerError(MonitorError):
    """The MQTT broker refuses us, or speaks another protocol."""
