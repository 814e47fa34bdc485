"""预警处置台账: every incident that was registered or still open in the month, with what people did and whether in time. Pure.

By the service's own clock and from the append-only history alone: what was done after the month's end stands in the next month's
ledger, so a month's ledger never changes. Names of officials stand here, and in no public paper.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.casework import DEADLINE_ZH
from alerts.reports.cells import DASH, column, count, minute, text, words_column
from alerts.reports.paper import COUNTY, Kind, Paper, Table, Tone
from schemas.catalog.duty import EventKind
from schemas.catalog.enums import LEVEL_ZH, Level
from schemas.times import day_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alerts.reports.paper import Cell
    from alerts.reports.period import Span
    from schemas.registry.store import Registry

_SLIGHT = frozenset({Level.BLUE, Level.YELLOW})
_BACK = frozenset({EventKind.OPENED, EventKind.REOPENED, EventKind.RESUMED})
_STATE_ZH = {
    EventKind.OPENED: "持续中", EventKind.REOPENED: "持续中", EventKind.RESUMED: "持续中", EventKind.UNKNOWN: "数据中断",
    EventKind.RECOVERING: "恢复中", EventKind.CLOSED: "已恢复", EventKind.WITHDRAWN: "已撤销",
}  # fmt: skip


class Registered(NamedTuple):
    """An incident; *opened_at*: our clock, *began_at* and *ended_at*: event time as known now."""

    incident_id: int
    rule: str
    subject: str
    site_id: str
    began_at: datetime
    ended_at: datetime | None
    opened_at: datetime
    lead_bureau: str
    title: str
    rule_zh: str


class Act(NamedTuple):
    """One line of an incident's history."""

    incident_id: int
    kind: str
    at: datetime
    actor: str
    person: str
    level: str | None
    text: str
    cause: str
    deadline: str
    name: str


class Noticed(NamedTuple):
    """How many notices there were, how many of them were sent, and when the first."""

    made: int
    sent: int
    first: datetime | None


class Handled(NamedTuple):
    """An incident as its history has it at an instant; times are None for what was not done. *by*: who acted last of each kind."""

    one: Registered
    opened_at: datetime
    level: Level
    state: str
    acked: Act | None
    feedback: Act | None
    settled: Act | None
    overdue: tuple[Act, ...]
    withdrawn: bool

    @property
    def is_done(self) -> bool:
        """Say whether nobody need look after it: closed 销号, withdrawn, or recovered and slight."""
        return self.settled is not None or self.withdrawn or (self.state == "已恢复" and self.level in _SLIGHT)


def as_of(one: Registered, acts: Sequence[Act], at: datetime) -> Handled | None:
    """Return what the history up to the instant *at* says of an incident; None where it had not opened."""
    past = [act for act in acts if act.at < at]
    opened = [act for act in past if act.kind in {EventKind.OPENED, EventKind.REOPENED}]
    if not opened:
        return None
    level, state = Level.BLUE, "持续中"
    acked = feedback = settled = None
    withdrawn = False
    for act in past:
        level = Level(act.level) if act.level else level
        state = _STATE_ZH.get(EventKind(act.kind), state)
        withdrawn = act.kind == EventKind.WITHDRAWN or (withdrawn and act.kind not in _BACK)
        acked = acked or (act if act.kind == EventKind.ACKED else None)
        feedback = feedback or (act if act.kind == EventKind.FEEDBACK else None)
        if act.kind in {EventKind.SETTLED, EventKind.UNSETTLED}:
            settled = act if act.kind == EventKind.SETTLED else None
    overdue = tuple(act for act in past if act.kind == EventKind.OVERDUE)
    return Handled(one, opened[0].at, level, state, acked, feedback, settled, overdue, withdrawn)


def handled(incidents: Iterable[Registered], acts: Mapping[int, Sequence[Act]], span: Span) -> list[Handled]:
    """Return the incidents opened in *span* or not done with at its beginning, as they stood at its end."""
    found = []
    for one in incidents:
        now = as_of(one, acts.get(one.incident_id, ()), span.until)
        before = as_of(one, acts.get(one.incident_id, ()), span.since)
        if now is not None and (before is None or not before.is_done):
            found.append(now)
    return found


_COLUMNS = (
    words_column("编号", 4), words_column("级别", 4, en="level"), words_column("预警", 9, en="rule"), words_column("对象", 13),
    words_column("牵头单位", 9, en="lead"), words_column("事发", 9, en="began"), words_column("产生", 9, en="opened"),
    words_column("推送", 9, en="first notice"), column("通知", width=4, en="sent"), words_column("签收", 12, en="acknowledged"),
    words_column("反馈", 12, en="feedback"), words_column("督办", 12, en="supervised"), words_column("销号", 12, en="closed"),
    words_column("时限", 8, en="in time"), words_column("原因与说明", 16), words_column("期末", 7, en="at the end"),
)  # fmt: skip
_NOTES = (
    "按平台登记时间列入：本期产生的，及上期结转未办结的；期末之后的处置列入下期",
    "时限：签收、首次反馈、督办、销号各有期限（预警通知规则）；逾期以平台记录的逾期为准",
    "未办结：未销号；蓝色、黄色事件数据恢复后可不销号",
    "本台账含办理人员姓名，仅供内部使用，不得公开",
)


def handling_paper(registry: Registry, span: Span, found: Sequence[Handled], notices: Mapping[int, Noticed]) -> Paper:
    """Return the county's ledger of *span*."""
    county = registry.document.county.name
    names = {one.id: one.name for one in registry.document.people}
    names |= {one.id: one.name for one in registry.document.bureaus}
    rows = tuple(_row(one, notices.get(one.one.incident_id), names, span) for one in found)
    running = (f"本期未结束，数据截至 {span.last} 24:00",) if span.running else ()
    return Paper(
        kind=Kind.HANDLING, scope=COUNTY, scope_name=county, period=span.text, first=span.first, last=span.last,
        title=f"{county}预警处置台账", tables=(_summary(found, span), Table("处置明细", _COLUMNS, rows, () if rows else ("本期无预警事件",))),
        notes=(*_NOTES, *running), versions=f"注册表 registry 第 {registry.version_id} 版",
    )  # fmt: skip


def _summary(found: Sequence[Handled], span: Span) -> Table:
    columns = (
        words_column("级别", 5), column("本期产生"), column("上期结转"), column("已销号"), column("已恢复或撤销"), column("期末未办结"), column("有逾期"),
    )  # fmt: skip
    rows = []
    for level in [*reversed(Level), None]:
        held = [one for one in found if level is None or one.level is level]
        new = sum(one.opened_at >= day_start(span.first) for one in held)
        settled = sum(one.settled is not None for one in held)
        done = sum(one.is_done and one.settled is None for one in held)
        tone = Tone.TOTAL if level is None else Tone.PLAIN
        numbers = (
            new,
            len(held) - new,
            settled,
            done,
            len(held) - settled - done,
            sum(bool(one.overdue) for one in held),
        )
        rows.append(
            (text(LEVEL_ZH[level] if level else "合计", tone=tone), *(count(one, tone=tone) for one in numbers))
        )
    return Table("汇总", columns, tuple(rows))


def _row(of: Handled, noticed: Noticed | None, names: Mapping[str, str], span: Span) -> tuple[Cell, ...]:
    one = of.one
    supervised = next((act for act in of.overdue if act.deadline == "supervise_due"), None)
    end = "已办结" if of.is_done else "未办结"
    carried = "（上期结转）" if of.opened_at < day_start(span.first) else ""
    return (
        text(str(one.incident_id)), text(LEVEL_ZH[of.level]), text(one.rule_zh), text(one.title),
        text(names.get(one.lead_bureau, one.lead_bureau)), text(minute(one.began_at)), text(minute(of.opened_at) + carried),
        text(minute(noticed.first) if noticed else ""), count(noticed.sent) if noticed else DASH, _by(of.acked, names),
        _by(of.feedback, names), text(minute(supervised.at) if supervised else ""), _by(of.settled, names), _in_time(of),
        text(_why(of)), text(f"{end}（{of.state}）", tone=Tone.PLAIN if of.is_done else Tone.DOUBTFUL),
    )  # fmt: skip


def _by(act: Act | None, names: Mapping[str, str]) -> Cell:
    if act is None:
        return DASH
    who = names.get(act.person) or names.get(act.actor) or act.person or act.actor
    return text(f"{minute(act.at)} {who}")


def _in_time(of: Handled) -> Cell:
    late = dict.fromkeys(DEADLINE_ZH.get(act.deadline, act.deadline) for act in of.overdue)
    return text(f"{'、'.join(late)}逾期", tone=Tone.OVER) if late else text("按期")


def _why(of: Handled) -> str:
    said = [of.settled.cause, of.settled.text] if of.settled else []
    said += [of.feedback.text] if of.feedback and not of.settled else []
    return "；".join(one for one in said if one)
