"""People, duties and rotas: a name that belongs elsewhere is refused, and the field named, before anybody is called in vain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.errors import RegistryError
from schemas.registry.check import check
from schemas.registry.document import load_checked, parse_yaml
from schemas.registry.model import Document

COUNTY = Path(__file__).parents[4] / "simulator" / "county" / "yongxing.yaml"


@pytest.fixture
def county() -> Any:
    return yaml.safe_load(COUNTY.read_text(encoding="utf-8"))


def found(tree: Any) -> list[tuple[str, str]]:
    problems = check(Document.model_validate(tree))
    assert all(problem.mend and problem.place for problem in problems)
    return [(problem.field, problem.sentence) for problem in problems]


PERSON = {"id": "x", "name": "示例"}
PEOPLE = [
    ({}, "people[x]", "neither bureau nor site", "a person of nowhere"),
    ({"role": "operator"}, "people[x]", "neither bureau nor site", "an operator of nowhere"),
    ({"bureau": "epb", "site": "bj-wwtp"}, "people[x].site", "not both", "a person of two places"),
    ({"site": "bj-wwtp"}, "people[x].role", "only an operator", "an inspector of a plant"),
    ({"bureau": "epb", "role": "operator"}, "people[x].role", "not to a bureau", "an operator of a bureau"),
    ({"bureau": "epc"}, "people[x].bureau", "unknown: epc", "a bureau that is not there"),
    ({"site": "bj", "role": "operator"}, "people[x].site", "unknown: bj", "a site that is not there"),
    ({"bureau": "epb", "channels": ["a", "b", "a"]}, "people[x].channels[#3]", "duplicate: a", "told twice"),
]


@pytest.mark.parametrize(("fields", "field", "said", "why"), PEOPLE)
def test_a_person_belongs_to_one_place_that_is_there(
    county: Any, fields: dict[str, Any], field: str, said: str, why: str
) -> None:
    county["people"].append(PERSON | fields)
    ((name, sentence),) = found(county)

    assert name == field, why
    assert said in sentence, why


def test_a_person_without_a_place_is_told_which_field_to_add(county: Any) -> None:
    county["people"] += [PERSON, PERSON | {"id": "y", "role": "operator"}]
    mends = [problem.mend for problem in check(Document.model_validate(county))]

    assert ["bureau" in mends[0], "site" in mends[1]] == [True, True]


DUTY = {"bureau": "epb", "people": ["epb-chen"]}
ROTA = {"bureau": "stat", "starts": "2026-01-05T08:30:00", "people": ["stat-ma"]}
PLANS = [
    ("duties", DUTY, "duties[epb].bureau", "duplicate: epb", "two duties of one bureau"),
    (
        "rotas",
        ROTA | {"bureau": "epb", "people": ["epb-li"]},
        "rotas[epb].bureau",
        "duplicate: epb",
        "two rotas of one",
    ),
    ("rotas", ROTA | {"people": ["stat-mo"]}, "rotas[stat].people[stat-mo]", "unknown", "a person who is not there"),
    (
        "rotas",
        ROTA | {"people": ["epb-li"]},
        "rotas[stat].people[epb-li]",
        "is not of that bureau but of epb",
        "another's",
    ),
    (
        "rotas",
        ROTA | {"people": ["stat-ma", "bj-wwtp-zhou"]},
        "rotas[stat].people[bj-wwtp-zhou]",
        "is not of that bureau but of bj-wwtp",
        "a plant's operator",
    ),
    (
        "rotas",
        ROTA | {"rest_days": ["stat-ma", "epb-li"]},
        "rotas[stat].rest_days[epb-li]",
        "is not of that bureau",
        "another bureau's on holidays",
    ),
]


@pytest.mark.parametrize(("table", "entry", "field", "said", "why"), PLANS)
def test_a_plan_names_the_bureaus_own_people_once(
    county: Any, table: str, entry: dict[str, Any], field: str, said: str, why: str
) -> None:
    county[table].append(entry)
    problems = found(county)

    assert [name for name, _ in problems] == [field], why
    assert said in problems[0][1], why


def test_duties_name_nobody_twice_and_nobody_of_another_bureau(county: Any) -> None:
    county["duties"][0]["people"] = ["epb-chen", "mkt-cao", "epb-chen"]

    assert found(county) == [
        ("duties[epb].people[mkt-cao]", "mkt-cao 不是 epb 的人 is not of that bureau but of mkt"),
        ("duties[epb].people[epb-chen]", "人员 person 重复 duplicate: epb-chen"),
    ]


def test_a_rota_of_a_bureau_that_is_not_there_is_refused(county: Any) -> None:
    county["rotas"][0]["bureau"] = "epc"

    assert ("rotas[epc].bureau", "没有这个单位 bureau unknown: epc") in found(county)


def test_somebody_may_take_every_second_turn(county: Any) -> None:
    county["rotas"][0] |= {"people": ["epb-chen", "epb-li", "epb-chen", "epb-he"], "rest_days": ["epb-li", "epb-li"]}

    assert found(county) == []


def test_a_bureaus_channels_are_named_once(county: Any) -> None:
    county["bureaus"][1]["channels"] = ["mkt-group", "mkt-group"]

    assert [name for name, _ in found(county)] == ["bureaus[mkt].channels[#2]"]


TEXT = COUNTY.read_text(encoding="utf-8")
FORMS = [
    ("starts: 2026-01-05T08:30:00, turn_days: 7, people: [mkt", "starts: 2026-01-05, turn_days: 7, people: [mkt", "starts", "时刻"),
    ("starts: 2026-01-05T08:30:00, turn_days: 7, people: [mkt", "starts: 20260105, turn_days: 7, people: [mkt", "starts", "时刻"),
    ("starts: 2026-01-05T08:30:00, turn_days: 7, people: [mkt", "starts: 2026-01-05T08:30:00, turn_days: 0, people: [mkt", "turn_days", "1"),
    ("starts: 2026-01-05T08:30:00, turn_days: 7, people: [mkt", "starts: 2026-01-05T08:30:00, turn_days: 29, people: [mkt", "turn_days", "28"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "field", "said"), FORMS)
def test_a_fault_of_form_is_named_by_its_line(good: str, bad: str, field: str, said: str) -> None:
    line = next(number for number, text in enumerate(TEXT.splitlines(), 1) if good in text)

    with pytest.raises(RegistryError) as caught:
        parse_yaml(TEXT.replace(good, bad))

    (problem,) = caught.value.problems
    assert (problem.place, problem.field) == (f"第 {line} 行 line {line}", f"rotas[mkt].{field}")
    assert said in problem.sentence


def test_a_channel_is_a_name_and_an_address_with_its_secret_is_not_repeated() -> None:
    bad = "phone: 139-0000-0001, channels: [epb-group, 'https://example.org/hook?token=1']}"

    with pytest.raises(RegistryError) as caught:
        parse_yaml(TEXT.replace("phone: 139-0000-0001}", bad))

    (problem,) = caught.value.problems
    assert problem.field == "people[epb-chen].channels[#2]"
    assert "not its address" in problem.sentence
    assert "token" not in str(caught.value)


def test_the_example_county_has_rotas_and_operators() -> None:
    document = load_checked(COUNTY)

    assert [rota.bureau for rota in document.rotas] == ["epb", "mkt", "drc"]
    assert [one.site for one in document.people if one.role == "operator"] == ["bj-wwtp", "lyt-boiler"]
