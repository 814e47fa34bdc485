"""A report as data: tables of cells, the same for page, XLSX and PDF. Pure.

A paper says nothing of when it was made: the same facts give the same paper, and its digest says whether they changed.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from schemas.digest import digest

COUNTY = "county"


class Kind(StrEnum):
    """The reports there are."""

    DAY = "day"
    MONTH = "month"
    EXCEEDANCES = "exceedances"
    HANDLING = "handling"
    BUDGETS = "budgets"
    RATES = "rates"
    PUBLICITY = "publicity"


KIND_ZH = {
    Kind.DAY: "监测日报",
    Kind.MONTH: "监测月报",
    Kind.EXCEEDANCES: "超标台账",
    Kind.HANDLING: "预警处置台账",
    Kind.BUDGETS: "用能预算执行表",
    Kind.RATES: "传输有效率表",
    Kind.PUBLICITY: "目标完成情况公示",
}
#: Which of them there are for a single site as well as for the county.
OF_SITES = (Kind.DAY, Kind.MONTH)
#: The period each is of: a day, a month; both where both are asked for.
DAILY = (Kind.DAY,)
MONTHLY = (Kind.MONTH, Kind.EXCEEDANCES, Kind.HANDLING, Kind.BUDGETS, Kind.RATES, Kind.PUBLICITY)


class Tone(StrEnum):
    """How a cell is to be read, besides its words."""

    PLAIN = ""
    OVER = "over"
    MET = "met"
    DOUBTFUL = "doubtful"
    TOTAL = "total"


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cell: a number with its *decimals* (None: the dash —), or words; *mark* stands small beside it."""

    number: float | None = None
    words: str | None = None
    decimals: int = 2
    mark: str = ""
    tone: Tone = Tone.PLAIN

    @property
    def empty(self) -> bool:
        """Say whether there is neither number nor word."""
        return self.number is None and not self.words


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column's head; *width* in characters of Chinese."""

    zh: str
    en: str = ""
    unit: str = ""
    width: int = 6
    is_number: bool = False


class Table(msgspec.Struct, frozen=True, omit_defaults=True):
    """One table; every row has a cell for every column."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


class Paper(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole report. *scope*: a site's id or ``county``; *first* to *last*: Asia/Shanghai days, both included.

    *notes*: what must be known to read it: limits in force, what was not judged and why, units. *versions*: of registry, deriving
    and judging rules it stands on.
    """

    kind: Kind
    scope: str
    scope_name: str
    period: str
    first: date
    last: date
    title: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    versions: str = ""

    def digest(self) -> str:
        """Return the digest of all that it says."""
        return digest(self)


def number(value: float | None, decimals: int, *, mark: str = "", tone: Tone = Tone.PLAIN) -> Cell:
    """Return a cell of a number; None is shown as a dash."""
    return Cell(number=value, decimals=decimals, mark=mark, tone=tone)


def words(text: object, *, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a cell of words."""
    return Cell(words=str(text), tone=tone)
