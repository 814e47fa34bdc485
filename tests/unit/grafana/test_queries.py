"""Metrics are those the processes export, units those of the catalogue, SQL files all used and all explained."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from prometheus_client import ProcessCollector

from grafana.boards import queries, units
from grafana.boards.__main__ import ROOT
from schemas.catalog.factors import FACTORS

_REPOSITORY = Path(__file__).resolve().parents[3]
_SQL = ROOT / "boards" / "sql"
_BOARDS = sorted((ROOT / "dashboards").rglob("*.json"))
_PARTS = {"Counter": ("",), "Gauge": ("",), "Histogram": ("_bucket", "_count", "_sum")}
#: Prometheus itself says of each target whether it could be scraped.
_OWN = {"up"}


def _exported() -> set[str]:
    """Return the names of all metrics the source declares, and those prometheus_client adds in each process."""
    found = set()
    for room in ("schemas", "ingest", "alerts"):
        for path in (_REPOSITORY / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in _PARTS
                    and node.args
                ):
                    name = node.args[0]
                    if isinstance(name, ast.Constant) and isinstance(name.value, str):
                        found |= {name.value + part for part in _PARTS[node.func.id]}
    process = {sample.name for metric in ProcessCollector(registry=None).collect() for sample in metric.samples}
    return found | process


def _asked() -> set[str]:
    """Return the names of metrics in all PromQL: words that are no function, no label and no keyword."""
    names = set()
    for path in _BOARDS:
        for expr in re.findall(r'"expr": "([^"]*)"', path.read_text(encoding="utf-8")):
            bare = re.sub(r"\b(?:by|without) \([^)]*\)|\[[^]]*\]|\{[^}]*\}", " ", expr)
            names |= set(re.findall(r"\b[a-z_]\w*\b(?!\s*\()", bare)) - {"by", "without"}
            names |= set(re.findall(r"\b[a-z]\w*_\w+(?=\()", bare)) - {"histogram_quantile"}
    return names


def test_every_metric_asked_for_is_exported() -> None:
    asked = _asked()
    assert len(asked) > 20
    assert asked - _exported() - _OWN == set()


def test_the_names_are_read_out_of_the_source() -> None:
    exported = _exported()
    assert {"facts_waiting", "ingest_commit_seconds_bucket", "process_cpu_seconds_total"} <= exported


def test_every_unit_of_the_catalogue_has_one_in_grafana_and_none_is_left_over() -> None:
    assert {factor.unit for factor in FACTORS.values()} == set(units.GRAFANA_UNITS)


@pytest.mark.parametrize("factor", sorted(FACTORS))
def test_a_unit_shows_the_catalogues_sign_and_never_rescales(factor: str) -> None:
    made = units.of(factor)
    if made.startswith("suffix:"):
        shown = made.removeprefix("suffix:").strip()
        assert shown.replace("³", "3") == FACTORS[factor].unit
    else:
        assert made in {"percent", "celsius"}


def test_an_unknown_factor_has_no_unit() -> None:
    with pytest.raises(KeyError):
        units.of("w99999")


def _generated() -> str:
    found = []
    for path in _BOARDS:
        board = json.loads(path.read_text(encoding="utf-8"))
        found += [target.get("rawSql", "") for panel in board["panels"] for target in panel["targets"]]
        found += [str(variable["query"]) for variable in board["templating"]["list"]]
    return "\n".join(found)


def test_every_sql_file_says_first_what_it_answers_and_is_used() -> None:
    text = _generated()
    for path in sorted(_SQL.glob("*.sql")):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        assert first.startswith("-- "), path.name
        assert first.split("<<")[0] in text, f"{path.name} is on no board"


def test_no_word_is_left_unsaid() -> None:
    assert "<<" not in _generated()


def test_a_word_that_could_break_out_of_a_query_is_refused() -> None:
    with pytest.raises(ValueError, match="not fit"):
        queries.sql_text("sewage_hours", factor="w01018; DROP")


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(KeyError):
        queries.sql_text("sewage_hours")


def test_every_mark_has_words() -> None:
    from schemas.catalog.enums import MARK_LETTER, Mark

    text = queries.sql_text("quality_marks")
    wanted = {mark.value for mark in Mark if mark is not Mark.NORMAL} | set(MARK_LETTER.values())
    assert {mark for mark in wanted if f"WHEN '{mark}' THEN" not in text} == set()
