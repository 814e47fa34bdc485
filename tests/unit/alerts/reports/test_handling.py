from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from alerts.reports.handling import Act, Noticed, Registered, as_of, handled, handling_paper
from alerts.reports.paper import Tone
from alerts.reports.period import Span
from schemas.catalog.duty import EventKind
from schemas.times import DAY, day_start
from tests.unit.alerts.reports.facts_made import HOUR, registry

OCTOBER = Span("2026-10", date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = Span("2026-11", date(2026, 11, 1), date(2026, 11, 30))
AT = day_start(date(2026, 10, 30)) + 9 * HOUR
ONE = Registered(
    41,
    "sewage_day",
    "plant/DW001/w01018",
    "plant",
    AT - DAY,
    None,
    AT,
    "epb",
    "示例污水厂 总排口 化学需氧量",
    "污水日均值超标",
)


def act(kind: EventKind, at: datetime = AT, **fields: Any) -> Act:
    known: dict[str, Any] = {
        "actor": "",
        "person": "",
        "level": None,
        "text": "",
        "cause": "",
        "deadline": "",
        "name": "",
    }
    return Act(41, kind, at, **(known | fields))


OPENED = act(EventKind.OPENED, level="orange")
ACKED = act(EventKind.ACKED, AT + HOUR, actor="epb-1", person="chen")
FEEDBACK = act(EventKind.FEEDBACK, AT + 2 * HOUR, actor="epb-1", person="chen", text="已加大曝气")
CLOSED = act(EventKind.CLOSED, AT + 3 * DAY, level="orange")
SETTLED = act(EventKind.SETTLED, AT + 4 * DAY, actor="epb-1", person="li", text="复测达标", cause="已整改")


def cells(acts: list[Act], span: Span, noticed: Noticed | None = None) -> dict[str, Any]:
    """Return head → words or number of the only row there is."""
    paper = handling_paper(registry(), span, handled([ONE], {41: acts}, span), {41: noticed} if noticed else {})
    table = paper.tables[1]
    [row] = table.rows
    return {
        head.zh: cell.words if cell.words is not None else cell.number
        for head, cell in zip(table.columns, row, strict=True)
    }


def test_every_step_stands_with_time_and_name() -> None:
    said = cells([OPENED, ACKED, FEEDBACK, CLOSED, SETTLED], NOVEMBER, Noticed(3, 2, AT + timedelta(minutes=1)))
    assert said["产生"] == "2026-10-30 09:00（上期结转）"
    assert (said["推送"], said["通知"]) == ("2026-10-30 09:01", 2)
    assert said["签收"] == "2026-10-30 10:00 陈示一"
    assert said["反馈"] == "2026-10-30 11:00 陈示一"
    assert said["销号"] == "2026-11-03 09:00 李示二"
    assert said["原因与说明"] == "已整改；复测达标"
    assert (said["时限"], said["期末"], said["级别"]) == ("按期", "已办结（已恢复）", "橙色")


def test_what_was_done_after_the_month_stands_in_the_next_ones_ledger() -> None:
    every = [OPENED, ACKED, FEEDBACK, CLOSED, SETTLED]
    october = cells(every, OCTOBER)
    assert (october["销号"], october["期末"]) == (None, "未办结（持续中）")
    assert october == cells(every[:3], OCTOBER), "the past month's ledger never changes"
    assert cells(every, NOVEMBER)["期末"] == "已办结（已恢复）"


def test_what_was_done_with_is_not_carried_over() -> None:
    december = Span("2026-12", date(2026, 12, 1), date(2026, 12, 31))
    assert handled([ONE], {41: [OPENED, CLOSED, SETTLED]}, december) == []
    assert len(handled([ONE], {41: [OPENED, CLOSED]}, december)) == 1, (
        "a graver one is carried until it is closed by a person"
    )
    slight = [act(EventKind.OPENED, level="yellow"), act(EventKind.CLOSED, AT + DAY, level="yellow")]
    assert handled([ONE], {41: slight}, december) == [], "a slight one that has recovered needs nobody"


def test_an_incident_that_opens_after_the_month_is_not_in_it() -> None:
    assert as_of(ONE, [OPENED], AT) is None
    assert handled([ONE], {41: [act(EventKind.OPENED, day_start(date(2026, 11, 1)))]}, OCTOBER) == []


@pytest.mark.parametrize(
    ("more", "state", "done"),
    [
        ([act(EventKind.UNKNOWN, AT + HOUR)], "数据中断", False),
        ([act(EventKind.RECOVERING, AT + HOUR)], "恢复中", False),
        ([act(EventKind.CLOSED, AT + HOUR), act(EventKind.REOPENED, AT + 2 * HOUR)], "持续中", False),
        ([act(EventKind.WITHDRAWN, AT + HOUR)], "已撤销", True),
        ([act(EventKind.WITHDRAWN, AT + HOUR), act(EventKind.REOPENED, AT + 2 * HOUR)], "持续中", False),
        ([act(EventKind.SETTLED, AT + HOUR), act(EventKind.UNSETTLED, AT + 2 * HOUR)], "持续中", False),
        ([act(EventKind.SETTLED, AT + HOUR)], "持续中", True),
        ([act(EventKind.NOTED, AT + HOUR)], "持续中", False),
    ],
)
def test_the_history_says_where_it_stands(more: list[Act], state: str, *, done: bool) -> None:
    found = as_of(ONE, [OPENED, *more], AT + DAY)
    assert found is not None
    assert (found.state, found.is_done) == (state, done)


def test_a_deadline_that_passed_is_told_and_supervision_has_its_time() -> None:
    late = [
        act(EventKind.OVERDUE, AT + 2 * HOUR, deadline="ack_due"),
        act(EventKind.OVERDUE, AT + 2 * DAY, deadline="supervise_due"),
    ]
    said = cells([OPENED, *late], NOVEMBER)
    assert said["时限"] == "签收、督办逾期"
    assert said["督办"] == "2026-11-01 09:00"


def test_the_summary_adds_up() -> None:
    paper = handling_paper(registry(), NOVEMBER, handled([ONE], {41: [OPENED, CLOSED, SETTLED]}, NOVEMBER), {})
    numbers = {row[0].words: [cell.number for cell in row[1:]] for row in paper.tables[0].rows}
    assert numbers["橙色"] == numbers["合计"] == [0, 1, 1, 0, 0, 0]
    assert paper.tables[0].rows[-1][0].tone is Tone.TOTAL
