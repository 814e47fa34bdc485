from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from schemas.catalog.enums import Mark
from schemas.errors import ScenarioError
from simulator import example, scenario
from simulator.faults import FaultKind
from simulator.plants.effects import EffectKind

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.registry.model import Document

ANCHOR = datetime(2026, 11, 1, tzinfo=UTC)
HEAD = 'name = "x"\ndescription = "y"\n'
DROP = 'site = "lyt-boiler"\ndevice = "dcs"\nkind = "efficiency_drop"\nfrom = "-1h"\npoints = 5\n'


def action(**changed: str | None) -> str:
    fields: dict[str, str | None] = {
        "site": '"lyt-boiler"',
        "device": '"dcs"',
        "kind": '"efficiency_drop"',
        "from": '"-1h"',
        "points": "5",
    }
    fields.update({name.rstrip("_"): value for name, value in changed.items()})
    lines = [f"{name} = {value}" for name, value in fields.items() if value is not None]
    return HEAD + "[[action]]\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name = \n", ["x.toml", "not TOML", "line 1"]),
        ("", ["name", "missing"]),
        ('name = "x"\n', ["description", "missing"]),
        (HEAD + 'colour = "red"\n', ["colour", "unknown field"]),
        (HEAD + "action = 3\n", ["action", "not a list"]),
        (HEAD + "action = [3]\n", ["action 1"]),
        (action(site='"nowhere"'), ["x.toml:3", "action 1", "site", "nowhere", "bj-wwtp"]),
        (action(device='"meters"'), ["x.toml:3", "device", "meters", "Devices there are dcs"]),
        (action(kind='"explosion"'), ["action 1", "kind", "explosion", "efficiency_drop"]),
        (action(kind='"overspend"', points=None, multiplier="2"), ["kind", "no energy meter"]),
        (action(kind='"aeration_failure"', points=None), ["kind", "no sewage outlet"]),
        (action(site='"mt-ceramic"', device='"meters"'), ["kind", "no boiler"]),
        (action(points=None), ["points"]),
        (action(points="0"), ["points", ">"]),
        (action(points='"five"'), ["points"]),
        (action(speed="1"), ["speed", "unknown field"]),
        (action(from_=None), ["from"]),
        (action(from_='"yesterday"'), ["from", "yesterday", "-3d"]),
        (action(from_='"-3"'), ["from", "-3"]),
        (action(from_='"2026-11-01T00:00:00"'), ["from", "offset"]),
        (action(to='"-1h"'), ["to", "not after"]),
        (action(to='"-2h"'), ["to", "not after"]),
        (action(from_="2026-11-02T00:00:00+08:00", to='"2026-11-01T00:00:00+08:00"'), ["to", "not after"]),
        (action(kind='"marks"', points=None, mark='"Q"'), ["mark"]),
        (action(kind='"marks"', points=None, mark='"M"', factors='["w01018"]'), ["factors", "w01018"]),
        (action(kind='"silence"', points=None, share="1.5"), ["share"]),
        (action(kind='"late"', points=None), ["delay_s"]),
        (
            action(site='"mt-ceramic"', device='"meters"', kind='"overspend"', points=None, multiplier="0.5"),
            ["multiplier"],
        ),
    ],
)
def test_what_cannot_be_meant_is_named(county: Document, text: str, named: list[str]) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario.parse(text, county, "x.toml")
    for word in named:
        assert word in str(refused.value)


def test_an_error_names_the_line_of_its_action(county: Document) -> None:
    with pytest.raises(ScenarioError, match=r"x\.toml:9: action 2: points"):
        scenario.parse(f"{HEAD}[[action]]\n{DROP}[[action]]\n{DROP.replace('5', '-5')}", county, "x.toml")


def test_mixed_ends_are_checked_at_the_anchor(county: Document) -> None:
    story = scenario.parse(action(from_='"+0"', to='"2026-10-01T00:00:00Z"'), county, "x.toml")
    with pytest.raises(ScenarioError, match="not after"):
        scenario.resolve(story, ANCHOR)


def test_a_missing_file_is_named(county: Document, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        scenario.load(tmp_path / "none.toml", county)
    with pytest.raises(ScenarioError, match="first_morning"):
        example.scenario_path("none")


@pytest.mark.parametrize(
    ("said", "instant"),
    [
        ('"+0"', ANCHOR),
        ('"-3d"', ANCHOR - timedelta(days=3)),
        ('"-6h"', ANCHOR - timedelta(hours=6)),
        ('"+30m"', ANCHOR + timedelta(minutes=30)),
        ('"-5s"', ANCHOR - timedelta(seconds=5)),
        ('"2026-10-31T08:00:00+08:00"', datetime(2026, 10, 31, tzinfo=UTC)),
        ("2026-10-31T08:00:00+08:00", datetime(2026, 10, 31, tzinfo=UTC)),
    ],
)
def test_times(county: Document, said: str, instant: datetime) -> None:
    story = scenario.parse(action(from_=said), county, "x.toml")
    effect = scenario.resolve(story, ANCHOR)["lyt-boiler", "dcs"].effects[0]
    assert (effect.from_s, effect.to_s) == (instant.timestamp(), math.inf)


def test_actions_of_one_device_gather(county: Document) -> None:
    lines = [
        'kind = "efficiency_drop"\npoints = 3',
        'kind = "silence"',
        'kind = "marks"\nmark = "M"\nfactors = ["a19001"]',
        'kind = "duplicates"',
        'kind = "late"\ndelay_s = 60',
    ]
    text = HEAD + "".join(f'[[action]]\nsite = "lyt-boiler"\ndevice = "dcs"\nfrom = "-1h"\n{line}\n' for line in lines)
    troubles = scenario.resolve(scenario.parse(text, county, "x.toml"), ANCHOR)["lyt-boiler", "dcs"]
    assert [effect.kind for effect in troubles.effects] == [EffectKind.EFFICIENCY_DROP]
    assert [fault.kind for fault in troubles.faults] == list(FaultKind)
    assert troubles.faults[1].mark is Mark.MAINTENANCE
    assert troubles.faults[3].delay_s == 60
