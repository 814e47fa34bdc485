"""Taking notices in hand: the channel's rate cap, the storm cap, and the rows a sender may send now. One transaction of the caller's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.notify.family import Message
from alerts.notify.storm import GRAVEST_FIRST, STEP, Folded, digest
from schemas.catalog.enums import Level
from schemas.runtime import database

if TYPE_CHECKING:
    from alerts.notify.channels import Channel
    from alerts.policy_file import Storm
    from schemas.runtime.database import Database

#: A sender that died has lost its rows after so long; as many rows as can all be slow are sent well within it.
_CLAIM = timedelta(seconds=60)
_AT_MOST = 5
_MINUTE = timedelta(minutes=1)
#: A digest waits so long for more, while a storm is coming in (house convention).
_GATHER = timedelta(seconds=30)


class Row(msgspec.Struct, frozen=True):
    """A notice in hand until *claimed_until*, which is also the proof that it is ours."""

    notice_id: int
    incident_id: int | None
    event_id: int | None
    channel: str
    recipient: str
    step: str
    level: Level
    body: dict[str, Any]
    attempts: int
    made_at: datetime
    claimed_until: datetime

    @property
    def is_digest(self) -> bool:
        """Say whether others are inside."""
        return self.step == STEP

    @property
    def refused(self) -> int:
        """How often the channel has refused it."""
        return int(self.body.get("refused", 0))

    def message(self) -> Message:
        """Return it as a channel takes it."""
        # What is beside the incidents (a digest) has no line of the history; its own number is as good.
        parts = (self.incident_id, self.event_id) if self.event_id is not None else (self.step, self.notice_id)
        origin = "/".join("-" if part is None else str(part) for part in parts)
        text = str(self.body.get("text") or self.step)
        return Message(
            key=f"{origin}/{self.channel}/{self.recipient}",
            # The first line of the text: what a body calls its title is the incident's.
            title=text.strip().partition("\n")[0],
            text=text,
            link=str(self.body.get("link") or ""),
            level=self.level.value,
            body=self.body,
        )


class Claimed(NamedTuple):
    """Rows in hand, gravest first; *full_until*: when the channel's rate cap lets more through."""

    rows: list[Row]
    folded: int = 0
    full_until: datetime | None = None


async def claim(db: Database, channel: Channel, now: datetime, storm: Storm | None, link: str) -> Claimed:
    """Fold what is beyond the storm cap (*storm* None: nothing is), and take in hand what may be sent at *now*."""
    await db.execute("notice_lock", channel=channel.name)
    folded = await _fold(db, channel, now, storm) if storm is not None else 0
    at_most = _AT_MOST
    if channel.rate_per_min:
        taken, since = (await db.fetch("notice_free", channel=channel.name, now=now))[0]
        at_most = min(_AT_MOST, channel.rate_per_min - taken)
        if at_most <= 0:
            return Claimed([], folded, since + _MINUTE)
    found = await db.fetch_dicts("notice_claim", channel=channel.name, now=now, until=now + _CLAIM, at_most=at_most)
    rows = [await _written(db, msgspec.convert(row, Row), link) for row in found]
    return Claimed(sorted(rows, key=lambda row: (GRAVEST_FIRST.index(row.level), row.notice_id)), folded)


async def _fold(db: Database, channel: Channel, now: datetime, storm: Storm) -> int:
    return await db.execute(
        "notice_fold",
        channel=channel.name,
        now=now,
        since=now - timedelta(minutes=storm.window_min),
        most=storm.notices,
        every=timedelta(minutes=storm.digest_min),
        gather=_GATHER,
        quiet=channel.quiet,
    )


async def _written(db: Database, row: Row, link: str) -> Row:
    """Return *row*; a digest says what it says from its first sending on, so that a second one is the same message."""
    if not row.is_digest or "text" in row.body:
        return row
    inside = [msgspec.convert(one, Folded) for one in await db.fetch_dicts("notice_folded", notice_id=row.notice_id)]
    body = digest(inside, link)
    await db.execute("notice_write", notice_id=row.notice_id, body=database.json(body))
    return msgspec.structs.replace(row, body=body)
