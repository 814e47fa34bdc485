"""The diff says each entry that comes, goes or differs once, in an order a store can follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.registry.diff import KIND_ZH, describe, diff
from schemas.registry.model import Document

COUNTY = Path(__file__).parents[4] / "simulator" / "county" / "yongxing.yaml"


@pytest.fixture
def tree() -> Any:
    return yaml.safe_load(COUNTY.read_text(encoding="utf-8"))


@pytest.fixture
def whole(tree: Any) -> Any:
    """Return the county with one entry of every kind."""
    tree["sites"][3] |= {
        "stacks": [{"id": "DA001", "name": "烟囱", "device": "dcs", "boilers": ["B1"]}],
        "permits": [
            {
                "outlet": "DA001",
                "factor": "a21026",
                "basis": "hour",
                "high": 200,
                "number": "P1",
                "valid_from": "2024-01-01",
            }
        ],
        "analyses": [{"boiler": "B1", "day": "2026-03-01", "q4_pct": 8}],
        "meter_changes": [{"device": "dcs", "factor": "x", "at": "2026-04-01T08:00:00", "closing": 9, "opening": 0}],
    }
    return tree


def changed(tree: Any, path: tuple[str | int, ...], value: Any) -> Document:
    spot = tree
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    return Document.model_validate(tree)


def test_the_first_document_is_all_additions_parents_first(tree: Any) -> None:
    changes = diff(None, Document.model_validate(tree))
    order = [change.kind + " " + change.key for change in changes]

    assert {change.action for change in changes} == {"added"}
    assert all(change.before is None for change in changes)
    assert order[0] == "county county"
    assert (
        order.index("site bj-wwtp") < order.index("device bj-wwtp/outlet") < order.index("point bj-wwtp/outlet/w01018")
    )
    assert len(set(order)) == len(order)
    assert {change.kind for change in changes} == {
        "county", "bureau", "person", "duty", "rota", "site", "device", "point", "outlet", "boiler", "analysis",
        "budget",
    }  # fmt: skip


def test_the_same_document_changes_nothing(tree: Any) -> None:
    document = Document.model_validate(tree)

    assert diff(document, document) == []
    assert describe([]) == "没有变化 (no changes)"


@pytest.mark.parametrize(
    ("kind", "key", "table", "field", "value"),
    [
        ("stack", "lyt-boiler/DA001", "stacks", "special", True),
        ("permit", "lyt-boiler/DA001/a21026/hour/2024-01-01", "permits", "high", 150),
        ("analysis", "lyt-boiler/B1/2026-03-01", "analyses", "q4_pct", 9),
        ("meter_change", "lyt-boiler/dcs/x/2026-04-01T08:00:00+08:00", "meter_changes", "closing", 10),
    ],
)
def test_entries_without_an_id_of_their_own_are_known_by_what_they_hang_on(
    whole: Any, kind: str, key: str, table: str, field: str, value: Any
) -> None:
    before = Document.model_validate(whole)
    (change,) = diff(before, changed(whole, ("sites", 3, table, 0, field), value))
    assert (change.kind, change.key, change.action) == (kind, key, "changed")
    assert describe([change]).startswith(f"~ {KIND_ZH[kind]} {kind} {key}: {field} ")

    del whole["sites"][3][table]
    (gone,) = diff(before, Document.model_validate(whole))
    assert (gone.kind, gone.key, gone.action) == (kind, key, "removed")


def test_additions_of_a_site_follow_one_order_and_the_site_keeps_its_body(whole: Any) -> None:
    added = [
        change for change in diff(None, Document.model_validate(whole)) if change.key.split("/")[0] == "lyt-boiler"
    ]
    kinds = [change.kind for change in added if change.kind != "point"]
    assert kinds == ["site", "device", "boiler", "stack", "permit", "analysis", "meter_change"]
    assert set(added[0].after or {}) == {"id", "name", "kind", "town", "lead_bureau", "contact"}


@pytest.mark.parametrize(
    ("path", "value", "kind", "key", "field"),
    [
        (("county", "energy_cap_tce"), 1, "county", "county", "energy_cap_tce"),
        (("bureaus", 0, "name"), "局", "bureau", "epb", "name"),
        (("people", 0, "phone"), "139-0000-0099", "person", "epb-chen", "phone"),
        (("bureaus", 0, "channels"), ["epb-group"], "bureau", "epb", "channels"),
        (("people", 0, "channels"), ["epb-chen"], "person", "epb-chen", "channels"),
        (("people", -1, "site"), "bj-wwtp", "person", "lyt-boiler-tan", "site"),
        (("duties", 0, "people"), ["epb-li"], "duty", "epb", "people"),
        (("rotas", 0, "turn_days"), 1, "rota", "epb", "turn_days"),
        (("rotas", 0, "starts"), "2026-01-05T09:00:00", "rota", "epb", "starts"),
        (("rotas", 2, "rest_days"), ["drc-deng"], "rota", "drc", "rest_days"),
        (("sites", 0, "town"), "七甲乡", "site", "bj-wwtp", "town"),
        (("sites", 0, "devices", 0, "name"), "站", "device", "bj-wwtp/outlet", "name"),
        (("sites", 0, "devices", 0, "points", 3, "high"), 600, "point", "bj-wwtp/outlet/w01018", "high"),
        (("sites", 0, "outlets", 0, "standard"), "GB18918-1B", "outlet", "bj-wwtp/DW001", "standard"),
        (("sites", 3, "boilers", 0, "lhv"), 20000, "boiler", "lyt-boiler/B1", "lhv"),
        (("sites", 3, "boilers", 0, "checks"), [], "boiler", "lyt-boiler/B1", "checks"),
        (("sites", 8, "budgets", 0, "annual_tce"), 40000, "budget", "ht-cement/2026-01-01", "annual_tce"),
    ],
)
def test_one_edit_is_one_change(
    tree: Any, path: tuple[str | int, ...], value: Any, kind: str, key: str, field: str
) -> None:
    before = Document.model_validate(tree)
    (change,) = diff(before, changed(tree, path, value))

    assert (change.kind, change.key, change.action) == (kind, key, "changed")
    assert change.before is not None
    assert change.after is not None
    assert [name for name in change.after if change.after[name] != change.before[name]] == [field]


def test_a_removed_site_takes_its_children_along_children_first(tree: Any) -> None:
    before = Document.model_validate(tree)
    del tree["sites"][0]

    changes = diff(before, Document.model_validate(tree))

    assert {change.action for change in changes} == {"removed"}
    assert [change.kind for change in changes] == ["outlet", *["point"] * 8, "device", "site"]


def test_bodies_leave_out_children_and_hold_json_values(tree: Any) -> None:
    bodies = {change.kind: change.after or {} for change in diff(None, Document.model_validate(tree))}

    assert set(bodies["site"]) == {"id", "name", "kind", "town", "lead_bureau", "contact"}
    assert "points" not in bodies["device"]
    assert bodies["budget"]["valid_from"] == "2026-01-01"
    assert bodies["point"]["kind"] == "counter"


def test_the_description_shows_signs_and_old_and_new(tree: Any) -> None:
    before = Document.model_validate(tree)
    del tree["people"][-1]
    tree["bureaus"].append({"id": "sti", "name": "科工局"})

    text = describe(diff(before, changed(tree, ("sites", 0, "devices", 0, "points", 3, "high"), 600)))

    assert text.splitlines() == [
        "+ 单位 bureau sti: id sti, name 科工局",
        "~ 监测点 point bj-wwtp/outlet/w01018: high 500 → 600",
        "- 人员 person lyt-boiler-tan: id lyt-boiler-tan, name 谭示乙, site lyt-boiler, phone 139-0000-0012, role operator",
        "新增 1，删除 1，修改 1 (1 added, 1 removed, 1 changed)",
    ]
