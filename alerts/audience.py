"""Whom a notice goes to, and by which channels. Pure: the roster, the rung and what was told before come in as arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.roster import Roster
    from schemas.registry.model import Person

#: The null channel, which every notice takes once, and the one of the setting for a webhook.
LOG, WEBHOOK = "log", "webhook"


class Copy(NamedTuple):
    """One copy of a notice. *recipient*: a person's id, or "" for a channel that is nobody's own; *why* is said to them."""

    channel: str
    recipient: str
    why: str


class Audience:
    """Collects who is told, each channel once: a group's robot that two people share is told once, for the first of them."""

    def __init__(self, roster: Roster, standing: Sequence[str]) -> None:
        self._roster = roster
        self._copies: dict[str, Copy] = {}
        self.names: list[str] = []
        #: Whoever has no channel is reached by nobody's robot: that is said in the log.
        self.unreachable: list[str] = []
        for channel in standing:
            self._copies[channel] = Copy(channel, "", "")

    def add(self, people: Iterable[Person], why: str) -> None:
        """Add *people*, told because of *why*."""
        for person in people:
            if person.name in self.names:
                continue
            self.names.append(person.name)
            channels = self._roster.channels(person)
            if not channels:
                self.unreachable.append(person.name)
            for channel in channels:
                self._copies.setdefault(channel, Copy(channel, person.id, why))

    def add_rung(self, bureau: str, at: datetime, rung: int) -> str | None:
        """Add who is called on *rung* of *bureau* at *at*; return what is wrong with the rota, or None."""
        ladder = self._roster.ladder(bureau, at)
        if ladder:
            number = min(rung, len(ladder) - 1)
            self.add(ladder[number], "值班" if number == 0 else f"升级第 {number} 级")
        return self._roster.on_duty(bureau, at).hole

    def add_told(self, told: Iterable[tuple[str, str]]) -> None:
        """Add those who were told before: (recipient, channel)."""
        for recipient, channel in told:
            person = self._roster.person(recipient) if recipient else None
            if person is not None and person.name not in self.names:
                self.names.append(person.name)
            self._copies.setdefault(channel, Copy(channel, recipient, "此前已通知"))

    def copies(self) -> list[Copy]:
        """Return the copies to send, those of people first."""
        return sorted(self._copies.values(), key=lambda one: (one.recipient == "", one.recipient, one.channel))
