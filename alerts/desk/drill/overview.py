"""What the list of sites says: one line for each site, which of them are shown and in which order. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.actor import is_bound_to_site
from alerts.desk import judgement, words
from alerts.desk.drill import sums
from alerts.desk.facts import COMPLIANT, EXCEEDING, NOT_JUDGEABLE, STALE, STATE_ZH
from alerts.desk.pages import choose, texts
from schemas.catalog.enums import Level, Outcome
from schemas.catalog.validity import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alerts.actor import Actor
    from alerts.casework import Case
    from alerts.desk.drill.sums import Sums
    from alerts.desk.facts import SiteView, Snapshot

#: Worst first; silence stands before what cannot be judged: somebody can mend it.
ORDER = (EXCEEDING, STALE, NOT_JUDGEABLE, COMPLIANT)
#: How a figure is coloured.
OVER, AHEAD, UNDER, QUIET = "over", "ahead", "under", "quiet"
_KIND_ZH = {
    "over": ("已超支", OVER),
    "projected": ("预计超支", AHEAD),
    "warn": ("已达预警线", AHEAD),
    "notice": ("已达提示线", AHEAD),
}
_PCT = 100.0
_JUST_NOW = timedelta(minutes=1)


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an allowed amount was used, as a share; None where nothing can be said. *why*: then why."""

    share: float | None
    word: str
    tone: str
    why: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One site in the list. *newest*: its newest reading of the last days; *last*: else the newest day with data."""

    id: str
    name: str
    town: str
    kind: str
    bureau: str
    state: str
    why: str
    newest: datetime | None = None
    last: date | None = None
    levels: dict[Level, int] = {}
    rate: float | None = None
    rate_since: date | None = None
    month: Use | None = None
    year: Use | None = None


class Wanted(msgspec.Struct, kw_only=True):
    """Which sites a person wants to see; what is empty asks for all."""

    text: str = ""
    town: str = ""
    kind: str = ""
    state: str = ""


def rows(snapshot: Snapshot, cases: Iterable[Case], found: Sums | None, actor: Actor) -> list[Row]:
    """Return the sites *actor* may see, worst first; of *cases* those that last count."""
    live: dict[str, Counter[Level]] = {}
    for case in cases:
        if choose.part_of(case) == choose.LIVE_ONES:
            live.setdefault(case.site_id, Counter())[case.level] += 1
    seen = [site for site in snapshot.sites if not is_bound_to_site(actor) or site.id == actor.site]
    return sorted((_row(site, live.get(site.id, Counter()), found) for site in seen), key=_gravity)


def _row(site: SiteView, levels: Counter[Level], found: Sums | None) -> Row:
    rate = found.rates.get(site.id) if found else None
    verdicts = found.verdicts if found else {}
    return Row(
        id=site.id,
        name=site.name,
        town=site.town,
        kind=site.kind,
        bureau=site.bureau,
        state=site.state,
        why=why(site.state, site.detail),
        newest=site.newest,
        last=found.last.get(site.id) if found else None,
        levels={level: levels[level] for level in reversed(Level) if levels[level]},
        rate=rate.share if rate else None,
        rate_since=rate.since if rate else None,
        month=use(verdicts.get((sums.MONTH, site.id)), found.at if found else None),
        year=use(verdicts.get((sums.YEAR, site.id)), found.at if found else None),
    )


def use(verdict: Mapping[str, Any] | None, now: datetime | None = None) -> Use | None:
    """Return what a verdict on an amount says, and that it is old where it says nothing of *now*; None where there is none."""
    if verdict is None:
        return None
    body, outcome = verdict["body"], verdict["outcome"]
    used, allowed = judgement.used(body), body.get("allowed")
    share = used / allowed if used is not None and allowed else None
    if outcome == Outcome.EXCEEDING:
        word, tone = _KIND_ZH.get(str(body.get("kind")), ("超出", OVER))
    else:
        word, tone = ("预算内", UNDER) if outcome == Outcome.COMPLIANT else ("不作判定", QUIET)
    if now is not None and not judgement.is_current(verdict, now):
        word, tone = f"截至 {body.get('through') or '上期'}", QUIET
    return Use(share=share, word=word, tone=tone, why=str(body.get("why") or ""))


def _gravity(row: Row) -> tuple[object, ...]:
    state = ORDER.index(row.state) if row.state in ORDER else len(ORDER)
    levels = tuple(-row.levels.get(level, 0) for level in reversed(Level))
    newest = row.newest.timestamp() if row.newest else float((row.last or date.min).toordinal())
    return state, levels, row.newest is not None, newest, row.name, row.id


def pick(found: Iterable[Row], wanted: Wanted) -> list[Row]:
    """Return those of *found* that are *wanted*, in their order. Every word of the text must stand in name, id, town or bureau."""
    asked = wanted.text.casefold().split()
    return [
        row
        for row in found
        if wanted.town in {"", row.town}
        and wanted.kind in {"", row.kind}
        and wanted.state in {"", row.state}
        and all(word in f"{row.name}\n{row.id}\n{row.town}\n{row.bureau}".casefold() for word in asked)
    ]


def counts(found: Iterable[Row]) -> dict[str, int]:
    """Return how many sites stand in each state, worst first."""
    tally = Counter(row.state for row in found)
    return {state: tally[state] for state in ORDER}


def chips(found: Sequence[Row]) -> dict[str, str]:
    """Return state → the words on its button; "" is for all."""
    tally = counts(found)
    return {"": f"全部 {len(found)}", **{state: f"{STATE_ZH[state]} {tally[state]}" for state in ORDER}}


def ago(newest: datetime | None, last: date | None, now: datetime) -> str:
    """Return how old the newest reading is, to the minute; of what is silent for days, since which day."""
    if newest is None:
        return "近 3 日无数据" if last is None else f"{last.isoformat()} 之后无数据"
    age = now - newest
    return "1 分钟内" if age < _JUST_NOW else f"{texts.moment(newest, now)}（{words.age(age.total_seconds())}）"


def why(state: str, detail: str) -> str:
    """Return why a site stands in *state*: of what is silent, that it is."""
    return f"无数据：{detail}" if state == STALE and detail else detail


def rate_tone(rate: float | None) -> str:
    """Return how a rate is coloured, by the target of 90 % (schemas/catalog/validity.toml, rate_target)."""
    if rate is None:
        return QUIET
    if rate * _PCT >= number("rate_target"):
        return UNDER
    return OVER if rate * _PCT < number("rate_grave") else AHEAD


def percent(share: float | None, decimals: int = 1) -> str:
    """Return *share* in percent; a dash where there is none."""
    return words.NOTHING if share is None else f"{share * _PCT:.{decimals}f}%"
