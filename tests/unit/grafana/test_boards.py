"""House rules that hold on every board and panel."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest

from grafana.boards import frame, house
from grafana.boards.__main__ import ROOT
from schemas.tables import metadata

_PATHS = sorted((ROOT / "dashboards").rglob("*.json"))
_BOARDS: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in _PATHS]
_PANELS = [
    pytest.param(board, panel, id=f"{board['uid']} {panel['title']}") for board in _BOARDS for panel in board["panels"]
]
_KNOWN = {"monitor": "grafana-postgresql-datasource", "prometheus": "prometheus"}
_CHINESE = re.compile(r"[一-鿿]")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_GREENS = {house.GREEN, "green", "semi-dark-green", "dark-green", "light-green"}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _ids(board: dict[str, Any]) -> str:
    return str(board["uid"])


def test_uids_are_unique_and_name_their_files() -> None:
    uids = [board["uid"] for board in _BOARDS]
    assert len(set(uids)) == len(uids) == 8
    assert uids == [path.stem for path in _PATHS]
    assert all(8 <= len(uid) <= 40 for uid in uids), "Grafana takes 8 to 40 letters"


def test_folders_are_the_two_that_are_said() -> None:
    folders = {path.parent.name: path.stem for path in _PATHS}
    assert set(folders) == {frame.FOLDER, frame.OPERATIONS}
    assert folders[frame.OPERATIONS] == "yx-operations"


@pytest.mark.parametrize("board", _BOARDS, ids=_ids)
def test_panels_are_numbered_and_do_not_overlap(board: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in board["panels"]]
    assert numbers == list(range(1, len(numbers) + 1))
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(one["x"] + one["w"] <= 24 and one["w"] > 0 and one["h"] > 0 for one in places)
    apart = [
        a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        for a, b in combinations(places, 2)
    ]
    assert all(apart)


@pytest.mark.parametrize("board", _BOARDS, ids=_ids)
def test_a_board_is_chinese_dated_in_beijing_and_linked_to_the_desk(board: dict[str, Any]) -> None:
    assert _CHINESE.search(board["title"])
    assert re.search(r"[A-Za-z]{4}", board["description"])
    assert board["timezone"] == "Asia/Shanghai"
    assert board["refresh"]
    assert {"${desk}/", "${desk}/desk"} <= {link.get("url") for link in board["links"]}


@pytest.mark.parametrize("board", _BOARDS, ids=_ids)
def test_every_variable_used_is_defined_and_every_one_defined_is_used(board: dict[str, Any]) -> None:
    defined = {one["name"] for one in board["templating"]["list"]}
    used = {name for name in _VARIABLE.findall(_text(board)) if not name.startswith("__")}
    assert used == defined


@pytest.mark.parametrize("board", _BOARDS, ids=_ids)
def test_a_variable_in_sql_is_quoted_by_grafana(board: dict[str, Any]) -> None:
    """A name with a quote in it must stay a name."""
    asked = [target["rawSql"] for panel in board["panels"] for target in panel["targets"] if "rawSql" in target]
    asked += [str(one["query"]) for one in board["templating"]["list"] if one["type"] == "query"]
    found = [name for sql in asked for name in re.findall(r"\$\{[^}]*\}|\$(?!__)\w+|\$__(?!time)\w+", sql)]
    assert [name for name in found if not name.endswith(":sqlstring}")] == []


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_a_panel_has_a_chinese_title_a_unit_and_words_for_nothing(board: dict[str, Any], panel: dict[str, Any]) -> None:
    assert board
    assert _CHINESE.search(panel["title"])
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"] == "无数据"


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_a_panels_description_says_in_english_what_it_is_and_names_its_views(
    board: dict[str, Any], panel: dict[str, Any]
) -> None:
    assert board
    said, source = panel["description"].split("数据来源 source: ")
    assert re.search(r"[A-Za-z]{3}", said)
    for target in panel["targets"]:
        for view in re.findall(r"screen\.[a-z]+", target.get("rawSql", "")):
            assert view in source
        if "expr" in target:
            assert "/metrics" in source


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_a_panel_asks_the_two_data_sources_that_are_provisioned(board: dict[str, Any], panel: dict[str, Any]) -> None:
    assert board
    refs = [target["refId"] for target in panel["targets"]]
    assert len(set(refs)) == len(refs) > 0
    for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
        assert _KNOWN[source["uid"]] == source["type"]


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_no_figure_is_typed_as_a_threshold(board: dict[str, Any], panel: dict[str, Any]) -> None:
    """Limits come by query; steps of the house are base colours without a number."""
    assert board
    found = re.findall(r'"steps": (\[[^]]*\])', _text(panel["fieldConfig"]))
    assert [step for steps in found for step in json.loads(steps) if step["value"] is not None] == []


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_what_is_not_there_is_never_green(board: dict[str, Any], panel: dict[str, Any]) -> None:
    """Green is said by the word of a verdict or a check alone, never by a base colour or for null."""
    assert board
    config = panel["fieldConfig"]
    steps = config["defaults"].get("thresholds", {}).get("steps", [])
    assert not {step["color"] for step in steps} & _GREENS
    for mapping in config["defaults"].get("mappings", []):
        if mapping["type"] == "special":
            assert mapping["options"]["result"]["color"] == house.GREY
    if panel["type"] in {"stat", "gauge"}:
        assert any(mapping["type"] == "special" for mapping in config["defaults"]["mappings"])
        assert steps, "Grafana's own steps begin with green"


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_lines_break_where_windows_are_missing(board: dict[str, Any], panel: dict[str, Any]) -> None:
    """Either the query brings the empty windows, or readings far apart are not joined."""
    assert board
    if panel["type"] != "timeseries":
        return
    custom = panel["fieldConfig"]["defaults"]["custom"]
    assert custom["spanNulls"] is False
    for target in panel["targets"]:
        sql = target.get("rawSql", "")
        if "screen.reading" in sql:
            assert custom["insertNulls"] > 0
        elif sql:
            assert "generate_series(" in sql or "$__timeGroupAlias" in sql


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_a_dial_takes_limit_scale_and_colour_from_its_second_query(
    board: dict[str, Any], panel: dict[str, Any]
) -> None:
    """Grafana would call a value that equals its limit red, and an old one green: the verdict knows better."""
    assert board
    if panel["type"] != "gauge":
        return
    (how,) = panel["transformations"]
    assert how["id"] == "configFromData"
    limit = next(one["rawSql"] for one in panel["targets"] if one["refId"] == how["options"]["configRefId"])
    fields = {one["handlerKey"]: one["fieldName"] for one in how["options"]["mappings"]}
    assert f'v.limit_value AS "{fields["threshold1"]}"' in limit
    assert f'v.limit_value AS "{fields["max"]}"' in limit
    assert f"ELSE '{house.GREY}' END AS \"{fields['color']}\"" in limit
    assert panel["options"]["showThresholdMarkers"] is False, "their band begins in green"


def test_nothing_alerts_and_nothing_reduces_or_averages_in_grafana() -> None:
    text = _text(_BOARDS)
    assert '"alert"' not in text
    assert '"alertThreshold"' not in text
    made = {how["id"] for board in _BOARDS for panel in board["panels"] for how in panel.get("transformations", [])}
    assert made == {"configFromData"}
    calculated = {calc for calcs in re.findall(r'"calcs": \[([^]]*)\]', text) for calc in re.findall(r'"(\w+)"', calcs)}
    assert calculated == {"lastNotNull"}
    assert not re.search(r"(?i)\bavg\(\w+\.value\)", text)


def test_no_table_is_read_but_views_of_the_screen() -> None:
    """Grafana's role may read nothing else, and would fail at the wall."""
    asked = [target.get("rawSql", "") for board in _BOARDS for panel in board["panels"] for target in panel["targets"]]
    read = {name for sql in asked for name in re.findall(r"\b(?:FROM|JOIN)\s+(?:LATERAL\s+)?([a-z_.]+)\b", sql)}
    assert any(name.startswith("screen.") for name in read)
    assert {name for name in read if name in metadata.tables or name.startswith(("pg_", "public."))} == set()


def test_raw_readings_are_asked_for_one_point_and_one_day() -> None:
    found = [
        target["rawSql"]
        for board in _BOARDS
        for panel in board["panels"]
        for target in panel["targets"]
        if "screen.reading" in target.get("rawSql", "")
    ]
    assert found
    for sql in found:
        assert "r.point_id = (" in sql
        assert "$__timeTo()::timestamptz - interval '1 day'" in sql
