"""Whether a name and a password let somebody in. Tries are counted before the password is proved: many at once gain nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from alerts.desk import passwords
from alerts.desk.attempts import Addresses, Strangers, lock_for
from schemas.runtime import clock, logs

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.source import Source
    from schemas.runtime.database import Database

_LOG = logs.get(__name__)
#: Each hash takes 64 MiB: so few at once.
_AT_ONCE = 2
_NONE = timedelta(0)
_LONGEST_NAME = 100


class Granted(NamedTuple):
    """Come in: with this session epoch."""

    account: str
    epoch: int
    must_change: bool


class Refused(NamedTuple):
    """Stay out; *wait*: how long until the next try will be looked at. The same for a wrong name and a wrong password."""

    wait: timedelta = _NONE


class _Proof(NamedTuple):
    """The account whose password is to be proved; None where there is none to log in to. *lock*: what a wrong one brings."""

    row: dict[str, Any] | None
    lock: timedelta


class Entry:
    """The log-in of one desk."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._addresses = Addresses()
        self._strangers = Strangers()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def enter(self, name: str, password: str, address: str) -> Granted | Refused:
        """Return whether *password* is that of *name*, tried from *address*.

        Raises:
            DatabaseError: the database is away; nothing was tried.

        """
        now = clock.now()
        # The database takes no NUL: it would say that it is away, and lose its connection.
        name = name.replace("\0", "").strip().casefold()[:_LONGEST_NAME]
        if wait := self._addresses.wait(address, now):
            return Refused(wait)
        async with self._source.lend() as db:
            proof = await self._count(db, name, now)
        if isinstance(proof, Refused):
            return proof
        self._addresses.count(address, now)
        async with self._turns:
            is_right = await asyncio.to_thread(_matches, proof.row, password)
        if proof.row is None or not is_right:
            return _refused(name, proof)
        self._addresses.forgive(address)
        async with self._source.lend() as db:
            await db.execute("account_tried", account=name, failed=0, locked_until=None)
            old = proof.row["password_hash"]
            if passwords.is_outdated(old):
                new = await asyncio.to_thread(passwords.hashed, password)
                await db.execute("account_rehash", account=name, old=old, new=new)
        return Granted(name, proof.row["session_epoch"], proof.row["must_change"])

    async def _count(self, db: Database, name: str, now: datetime) -> _Proof | Refused:
        """Count a try with *name*; return what to prove the password against, or how long the name is locked."""
        async with db.transaction():
            rows = await db.fetch_dicts("account_try", account=name)
            if not rows or rows[0]["disabled_at"] is not None:
                if wait := self._strangers.wait(name, now):
                    return Refused(wait)
                # Counted as an account's is, before the proof: many tries at once would tell the two apart.
                return _Proof(None, self._strangers.count(name, now))
            row = rows[0]
            if row["locked_until"] is not None and row["locked_until"] > now:
                return Refused(row["locked_until"] - now)
            failed = row["failed"] + 1
            lock = lock_for(failed)
            await db.execute("account_tried", account=name, failed=failed, locked_until=now + lock if lock else None)
            return _Proof(row | {"failed": failed}, lock)


def _refused(name: str, proof: _Proof) -> Refused:
    if proof.row is not None:
        # The name is an account's: what was typed for it elsewhere may be a password and is never logged.
        _LOG.warning("wrong password", account=name, failed=proof.row["failed"], locked_s=proof.lock.total_seconds())
    return Refused(proof.lock)


def _matches(row: dict[str, Any] | None, password: str) -> bool:
    # A name that is none takes as long as one that is.
    return passwords.matches(row["password_hash"] if row else passwords.nobodys(), password)
