"""What is judged by the clock, not by facts: who has fallen silent, whose clock is astray, which checks of a boiler are overdue.

Looked at every few seconds, inside the evaluation round. A verdict is made only where something changes.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from alerts.judge import calendar
from alerts.judge.signals.clock import CLOCK_NUMBERS, CLOCK_RULE, Lag, clock_verdicts
from alerts.judge.silence import (
    INGEST,
    INGEST_AFTER,
    INGEST_DOWN,
    OFFLINE,
    SITE_OFFLINE,
    Heard,
    Standing,
    device_key,
    ingest_verdicts,
    verdicts,
)
from alerts.judge.subjects import Subject
from schemas.catalog.enums import CHECK_ZH, CheckKind, Level, Outcome
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alerts.judge.rules import Rule
    from alerts.judge.windows import Void
    from schemas.records import Verdict
    from schemas.registry.model import Boiler, Site
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_EVERY = timedelta(seconds=5)
#: Since when ingest has been listening without a break, as far as we saw; and when we last saw it.
_SINCE, _SEEN = "listening since", "listening seen"
#: A worker silent for so long has stopped for good: another has taken its share, or `ingest_down` says it.
_GONE = timedelta(hours=24)


class Watching:
    """Judges by the clock on one connection."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sites: list[Site] = []
        self._next: datetime | None = None
        self._checked: date | None = None
        self._forgets = False
        self._looking_since: datetime | None = None

    def learn(self, registry: Registry) -> None:
        """Take the devices and boilers of *registry*."""
        self._sites = list(registry.document.sites)
        self._next = self._checked = None

    def forget(self) -> None:
        """Count silence anew from the next look."""
        self._forgets = True

    async def judge(self, rules: Mapping[str, Rule], now: datetime) -> tuple[list[Verdict], Void]:
        """Return what has changed by *now*, and the windows that are none any more; nothing between two looks."""
        if self._next is not None and self._next - _EVERY <= now < self._next:
            return [], []
        self._next = now + _EVERY
        listening = await self._listening(now)
        found = await self._heard(rules, now, listening)
        void: Void = []
        if self._checked != day_of(now):
            checks, void = await self._checks(day_of(now))
            found += checks
            self._checked = day_of(now)
        return [one for one in found if rules[one.rule].enabled], void

    async def _listening(self, now: datetime) -> datetime | None:
        """Return since when ingest has been listening without a break, as far as we saw; None while it is not.

        Where nobody looked for a while (we were down ourselves, or the clock jumped) it counts anew from now: our own
        outage must accuse nobody.
        """
        since, seen = await self._progress(_SINCE), await self._progress(_SEEN)
        beats = [at for _, at in await self._db.fetch("watch_workers")]
        if not beats or now - max(beats) >= INGEST_AFTER:
            return None
        is_broken = since is None or seen is None or not timedelta(0) <= now - seen < INGEST_AFTER
        if is_broken or self._forgets:
            since, self._forgets = now, False
            await self._db.execute("progress_set", what=_SINCE, at=now)
        await self._db.execute("progress_set", what=_SEEN, at=now)
        return since

    async def _progress(self, what: str) -> datetime | None:
        rows = await self._db.fetch("progress_get", what=what)
        return rows[0][0] if rows else None

    async def _heard(self, rules: Mapping[str, Rule], now: datetime, listening: datetime | None) -> list[Verdict]:
        """Return what there is to say of silence and of clocks."""
        rows = await self._db.fetch("watch_heard")
        heard = {(row[0], row[1]): (row[2], row[3]) for row in rows}
        devices, lags = [], []
        for place in self._sites:
            for device in place.devices:
                interval_s = min(one.interval_s for one in device.points)
                at, lag_s = heard.get((place.id, device.id), (None, 0.0))
                devices.append(Heard(place.id, device.id, at, interval_s))
                if at is not None:
                    lags.append(Lag(place.id, device.id, at, lag_s, interval_s))
        keys = [(rule, device_key(one.site, one.device)) for one in devices for rule in (OFFLINE, CLOCK_RULE)]
        keys += [*((SITE_OFFLINE, site.id) for site in self._sites), (INGEST_DOWN, INGEST)]
        standing = await self._standing(keys)
        found = verdicts(devices, now=now, listening_since=listening, standing=standing)
        found += clock_verdicts(lags, standing=standing, numbers={**CLOCK_NUMBERS, **rules[CLOCK_RULE].numbers})
        beats = [at for _, at in await self._db.fetch("watch_workers") if now - at < _GONE]
        # Before this process began to look nothing is known.
        self._looking_since = self._looking_since or now
        return found + ingest_verdicts(
            beats, now=now, watching_since=self._looking_since, standing=standing.get((INGEST_DOWN, INGEST))
        )

    async def _standing(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], Standing]:
        rows = await self._db.fetch(
            "watch_standing", rules=[rule for rule, _ in keys], subjects=[subject for _, subject in keys]
        )
        return {
            (rule, subject): Standing(Outcome(outcome), None if level is None else Level(level), start)
            for rule, subject, outcome, level, start in rows
        }

    async def _checks(self, today: date) -> tuple[list[Verdict], Void]:
        """Return what the boilers' files say *today*, and the windows judged before that are none any more."""
        found = [
            one
            for site in self._sites
            for boiler in site.boilers
            for one in calendar.check_verdicts(site, boiler, today)
        ]
        made = {(one.subject, one.window_start) for one in found}
        held = {one.key: one for one in self.subjects() if one.rule == calendar.RULE}
        rows = await self._db.fetch("watch_starts", rule=calendar.RULE, subjects=sorted(held))
        return found, [(held[subject], start) for subject, start in rows if (subject, start) not in made]

    def subjects(self) -> Iterator[Subject]:
        """Yield all that is judged by the clock."""
        for site in self._sites:
            if len(site.devices) > 1:
                yield _subject(SITE_OFFLINE, site.id, site.id, f"{site.name} 全站")
            for device in site.devices:
                key = device_key(site.id, device.id)
                for rule in (OFFLINE, CLOCK_RULE):
                    yield _subject(rule, key, site.id, f"{site.name} {device.name}", device.id)
            for boiler in site.boilers:
                yield from (_check(site, boiler, kind) for kind in CheckKind)
        yield _subject(INGEST_DOWN, INGEST, "", "平台接收")


def _check(site: Site, boiler: Boiler, kind: CheckKind) -> Subject:
    key = calendar.subject_key(site, boiler, kind)
    return _subject(calendar.RULE, key, site.id, f"{site.name} {boiler.name} {CHECK_ZH[kind]}", boiler.device)


def _subject(rule: str, key: str, site: str, title: str, device: str = "") -> Subject:
    return Subject(rule=rule, key=key, site_id=site, device=device, title=title, point_id=0, basis="clock", factor="")
