"""kill -9 of anything, in any order, under load: nothing acknowledged is lost, nothing is doubled, the sums agree."""

from __future__ import annotations

import random
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.chaos.faults import FAULTS, deal
from tests.chaos.house import open_house
from tests.chaos.rounds import Campaign, report, settle_down

if TYPE_CHECKING:
    from pathlib import Path

SEED = 1
ROUNDS = 20


def test_the_deck_holds_every_fault_before_one_comes_again() -> None:
    hands = deal(random.Random(SEED), ROUNDS, own_disk=True)
    assert {kind for hand in hands for kind in hand} == set(FAULTS)
    assert all(1 <= len(hand) == len(set(hand)) <= 3 for hand in hands)


@pytest.mark.timeout(240)
async def test_nothing_acknowledged_is_lost_and_nothing_doubled(tmp_path: Path, database_kind: str) -> None:
    bites: Counter[str] = Counter()
    async with open_house(tmp_path / "stand", kind=database_kind) as house:
        if not house.own_disk:
            sys.stdout.write("no tmpfs can be mounted here: the full-disk fault is left out\n")
        campaign = Campaign(house, SEED)

        async def play(number: int, kinds: list[str]) -> None:
            outcome = await campaign.play(number, kinds)
            sys.stdout.write(outcome.line() + "\n")
            assert not outcome.wrong, report(house, outcome)
            bites.update(outcome.bites)

        for number, kinds in enumerate(deal(random.Random(SEED), ROUNDS, own_disk=house.own_disk)):
            await play(number, kinds)
        # Among others a fault may find nothing left to bite: then it is played once more, alone.
        for number, kind in enumerate([kind for kind, bitten in bites.items() if not bitten], start=ROUNDS):
            await play(number, [kind])
        assert await settle_down(house) == []
    idle = [kind for kind, bitten in bites.items() if not bitten]
    assert not idle, f"these faults bit nobody: {idle}"
