"""What all pages of the wall are made of: parts, headings, links, words for emptiness. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from alerts.desk.facts import COMPLIANT, EXCEEDING, NOT_JUDGEABLE, STALE
from alerts.desk.words import safe
from schemas.times import day_of

if TYPE_CHECKING:
    from datetime import date, datetime

#: Names of the field where a factor's own is too long for a tile.
SHORT_ZH = {"w01018": "COD", "w21003": "氨氮", "w21001": "总氮", "w21011": "总磷", "w01012": "悬浮物"}
#: A sign beside each state: colour alone tells nothing to one man in twelve.
SIGN = {EXCEEDING: "▲", NOT_JUDGEABLE: "? ", STALE: "◌", COMPLIANT: "✓"}
#: What a day says of now: as long as its verdict is current (`alerts.desk.judgement`), two days after it ended.
_DAYS_CURRENT = timedelta(days=2)


class Part(msgspec.Struct, frozen=True):
    """A piece of a page that is sent by itself: the CSS classes of its box, what is read aloud for it, and its HTML."""

    area: str
    label: str
    html: str


def fits(amount: int, most: int) -> int:
    """Return how many of *amount* things are shown where *most* fit: the line that counts the others needs a place too."""
    return amount if amount <= most else most - 1


def heading(zh: str, en: str, extra: str = "") -> str:
    """Return a panel's heading, Chinese first; *extra* is HTML."""
    return f'<div class="hd"><h2>{zh}</h2><span class="en">{en}</span><span class="extra">{extra}</span></div>'


def empty(zh: str, en: str) -> str:
    """Return what stands where nothing is to be shown."""
    return f'<div class="empty">{zh}<br><span class="en">{en}</span></div>'


def named(text: str, tag: str = "b", classes: str = "nm") -> str:
    """Return a name on one line that is cut where it does not fit and whole under the pointer."""
    return f'<{tag} class="{classes}" title="{safe(text)}">{safe(text)}</{tag}>'


def is_current(day: date | None, now: datetime) -> bool:
    """Say whether what is known up to *day* still speaks of *now*."""
    return day is not None and day_of(now) - day <= _DAYS_CURRENT


def old(day: date | None, now: datetime) -> str:
    """Return how old a *day* is, for what is not current."""
    return "无数据" if day is None else f"{(day_of(now) - day).days} 天前"


def site_path(site: str) -> str:
    """Return the address of a site's page; nothing where there is no site."""
    return safe(f"/desk/site/{quote(site, safe='')}") if site else ""


def incident_path(number: int) -> str:
    """Return the address of an incident's page."""
    return f"/desk/incident/{number:d}"


def point_path(site: str, place: str, factor: str) -> str:
    """Return the address of a series' page."""
    return safe("/desk/point/" + "/".join(quote(part, safe="") for part in (site, place, factor)))


def opened(classes: str, href: str) -> str:
    """Return the opening of a link; where there is no address, of the same box that leads nowhere."""
    return f'<a class="{classes}"' + (f' href="{href}">' if href else ">")
