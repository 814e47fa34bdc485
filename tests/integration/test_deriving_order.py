"""Promise 9: the same readings give the same rows, verdicts and incidents, whenever and in whatever order they come."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, Sent, beijing, boiler, county, every, house, marked, played, sewage, unit

if TYPE_CHECKING:
    from datetime import datetime

    from schemas.registry.model import Document
    from tests.integration.play import Play

START = beijing("2026-11-29T00:00")
END = beijing("2026-12-01T00:00")
FINAL = END + 6 * HOUR


def document() -> Document:
    analysis = {"boiler": "B1", "day": "2026-11-10", "lhv": 20500, "q4_pct": 6.0, "q6_pct": 0.3}
    plant = house(boiler("B1"), position="boiler_exit", analyses=[analysis])
    return county(sewage("w01018", "w21003"), plant, unit(), energy_cap_tce=200_000)


def readings() -> list[Sent]:
    """Two days of a sewage plant, a boiler and a register: noise, gaps, marks, a stop, a rollover, gaps over midnight."""
    noise = Random(5)
    sent = every("plant/out", START, 10 * MINUTE, 2 * 144, lambda n: {
        "w00000": 0.0 if 60 <= n < 90 else noise.uniform(50, 150), "w01010": noise.uniform(11, 13), "w01001": noise.uniform(5.5, 9.5),
    })  # fmt: skip
    for n in range(48):
        values: dict[str, Any] = {
            "w01018": noise.uniform(30, 90),
            "w21003": marked(noise.uniform(3, 12), noise.choice("NNNNDCT")),
        }
        sent += [Sent("plant/out", START + n * HOUR, values)] if n not in {3, 4, 30} else []
    for hour in [*range(2, 9), *range(26, 40)]:
        sent += every("heat/dcs-B1", START + hour * HOUR, MINUTE, 60, lambda n, hour=hour: {  # type: ignore[misc]
            "yx_b_steam_flow": noise.uniform(7.9, 8.1), "yx_b_steam_pressure": 1.25, "yx_b_feed_temp": 60.0,
            "yx_b_coal_flow": 0.0 if hour == 30 and n == 59 else noise.uniform(1200, 1300), "a01012": 165.0, "a19001": 10.0,
        })  # fmt: skip
    for n in range(4 * 54):
        # Gaps: inside a day up to a full hour, over midnight, and readings there that do not count.
        if n in range(32, 44) or n in range(160, 168) or n in range(186, 199):
            continue
        value = (999_000 + 11.3 * n + noise.uniform(0, 3)) % 1e6
        flag = "D" if n in range(96, 130) or n == 140 else "N"
        sent.append(Sent("unit/meters", START + n * 15 * MINUTE, {"yx_e_kwh": marked(value, flag)}))
    return sent


def batches(order: str) -> list[tuple[list[Sent], datetime]]:
    """Return what is written when: each batch with the time at which the rounds after it run."""
    sent = sorted(readings(), key=lambda one: one.at)
    if order == "as they come":
        return [
            ([one for one in sent if at - HOUR <= one.at < at], at) for at in (START + n * HOUR for n in range(1, 55))
        ]
    if order == "all after the fact":
        return [([], FINAL), (sent[::-1], FINAL)]
    if order == "reversed":
        return [
            ([one for one in sent if at - 3 * HOUR <= one.at < at], FINAL)
            for at in (START + n * HOUR for n in range(54, 0, -3))
        ]
    chance = Random(order)
    sent += chance.sample(sent, len(sent) // 5)
    chance.shuffle(sent)
    cuts = sorted(chance.sample(range(len(sent)), chance.randint(3, 9)))
    times = sorted(START + chance.uniform(0, 1) * (FINAL - START) for _ in cuts)
    if chance.random() < 0.5:
        times = [min(FINAL, at + DAY) for at in times]
    return [(sent[since:until], at) for since, until, at in zip([0, *cuts], cuts, times, strict=False)] + [
        (sent[cuts[-1] :], FINAL)
    ]


async def run(url: str, order: str) -> Play:
    async with played(url, document(), START) as play:
        for sent, now in batches(order):
            if sent:
                await play.write(sent)
            await play.settle(now)
        await play.settle(FINAL)
        return play


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What the first order to run gave, for the others to be held against."""
    return {}


@pytest.mark.parametrize(
    "order", ["as they come", "all after the fact", "reversed", *(f"shuffle {n}" for n in range(5))]
)
async def test_the_order_of_arrival_does_not_show(url: str, order: str, expected: dict[str, Any]) -> None:
    play = await run(url, order)
    contents = play.contents()
    if not expected:
        expected |= contents
        assert {row[0] for row in contents["incident"]} >= {"sewage_day", "sewage_instant", "boiler_efficiency"}
        return
    for name, rows in contents.items():
        assert rows == expected[name], name
