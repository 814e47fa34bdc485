"""What a holder believes of its own lease, and how it is called."""

from __future__ import annotations

import asyncio

import pytest

from alerts.lease import Lease, LeaseLostError, application, new_holder


def test_no_two_holders_have_one_name_and_it_leaves_room_for_what_a_connection_is_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "监" * 20 + "x" * 60)
    names = {new_holder() for _ in range(100)}
    assert len(names) == 100
    for name in names:
        assert application(name, "judge").endswith("judge")
        assert application(name, "judge").startswith(application(name))
        assert len(application(name, "judge").encode()) <= 63


async def test_a_lease_is_nobodys_before_it_is_gained() -> None:
    lease = Lease("", "alerts", "me", 6)
    assert not lease.held
    assert not lease.gained.is_set()


async def test_the_holder_stops_before_the_lease_ends_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 100.0
    monkeypatch.setattr("time.monotonic", lambda: clock)
    lease = Lease("", "alerts", "me", 6)
    lease._extend(clock)
    assert lease.held
    clock = 104.9
    assert lease.held
    clock = 105.1
    assert not lease.held


async def test_a_lease_that_is_not_renewed_is_lost_by_time() -> None:
    lease = Lease("", "alerts", "me", 0.06)
    lease._extend(asyncio.get_running_loop().time())
    lease.gained.set()
    with pytest.raises(LeaseLostError, match="in time"):
        await asyncio.wait_for(lease.expire(), 10)
