"""Closed lists of the duty desk: where an incident stands, what happens to it, who may do what."""

from __future__ import annotations

from enum import StrEnum


class IncidentState(StrEnum):
    """Where the data say an incident stands. Who acknowledged it is no state but an attribute."""

    #: Exceeding, not yet as often as the rule asks: nobody is told.
    PENDING = "pending"
    OPEN = "open"
    #: Open, and the data have stopped or cannot be judged: that closes nothing.
    UNKNOWN = "unknown"
    #: Compliant again, not yet for as long as the rule asks.
    RECOVERING = "recovering"
    CLOSED = "closed"
    #: Was pending and never opened.
    LAPSED = "lapsed"


#: A breach that lasts, as far as is known.
LIVE = (IncidentState.OPEN, IncidentState.UNKNOWN, IncidentState.RECOVERING)
STATE_ZH = {
    IncidentState.PENDING: "待确认",
    IncidentState.OPEN: "持续中",
    IncidentState.UNKNOWN: "数据中断",
    IncidentState.RECOVERING: "恢复中",
    IncidentState.CLOSED: "已恢复",
    IncidentState.LAPSED: "未成立",
}


class EventKind(StrEnum):
    """What can happen to an incident, or on the desk beside one. Each happening is one line of the history."""

    # What the data say.
    OPENED = "opened"
    LEVEL = "level"
    UNKNOWN = "unknown"
    #: The data are back, and they exceed.
    RESUMED = "resumed"
    RECOVERING = "recovering"
    CLOSED = "closed"
    REOPENED = "reopened"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    # What the desk's clock does.
    ESCALATED = "escalated"
    ACK_EXPIRED = "ack_expired"
    #: A deadline passed: 签收, 反馈 or 销号.
    OVERDUE = "overdue"
    MUTED = "muted"
    UNMUTED = "unmuted"
    # What people do.
    ACKED = "acked"
    NOTED = "noted"
    FEEDBACK = "feedback"
    REASSIGNED = "reassigned"
    SETTLED = "settled"
    UNSETTLED = "unsettled"
    SILENCE_PLANNED = "silence_planned"
    SILENCE_WITHDRAWN = "silence_withdrawn"
    SWAP_PLANNED = "swap_planned"
    SWAP_WITHDRAWN = "swap_withdrawn"
    ACCOUNT_CHANGED = "account_changed"


EVENT_ZH = {
    EventKind.OPENED: "产生",
    EventKind.LEVEL: "级别变更",
    EventKind.UNKNOWN: "数据中断",
    EventKind.RESUMED: "数据恢复仍超标",
    EventKind.RECOVERING: "开始恢复",
    EventKind.CLOSED: "恢复",
    EventKind.REOPENED: "重新超标",
    EventKind.AMENDED: "数据更正",
    EventKind.WITHDRAWN: "撤销",
    EventKind.ESCALATED: "升级通知",
    EventKind.ACK_EXPIRED: "签收到期",
    EventKind.OVERDUE: "逾期督办",
    EventKind.MUTED: "暂停通知",
    EventKind.UNMUTED: "恢复通知",
    EventKind.ACKED: "签收",
    EventKind.NOTED: "记录",
    EventKind.FEEDBACK: "反馈",
    EventKind.REASSIGNED: "移交",
    EventKind.SETTLED: "销号",
    EventKind.UNSETTLED: "撤回销号",
    EventKind.SILENCE_PLANNED: "设静默",
    EventKind.SILENCE_WITHDRAWN: "撤静默",
    EventKind.SWAP_PLANNED: "换班",
    EventKind.SWAP_WITHDRAWN: "撤换班",
    EventKind.ACCOUNT_CHANGED: "账号变更",
}


class Cause(StrEnum):
    """Why a person closes an incident 销号."""

    RECTIFIED = "rectified"
    REFERRED = "referred"
    PRODUCTION_STOPPED = "production_stopped"
    INSTRUMENT_FAULT = "instrument_fault"
    FALSE_ALARM = "false_alarm"
    OTHER = "other"


CAUSE_ZH = {
    Cause.RECTIFIED: "已整改",
    Cause.REFERRED: "已立案或移交",
    Cause.PRODUCTION_STOPPED: "已停产停运",
    Cause.INSTRUMENT_FAULT: "仪器故障",
    Cause.FALSE_ALARM: "误报",
    Cause.OTHER: "其他",
}
#: With these an incident may be closed while its values still exceed: they say that the values do not speak for the plant.
CLOSES_LIVE = frozenset({Cause.INSTRUMENT_FAULT, Cause.FALSE_ALARM, Cause.PRODUCTION_STOPPED})


class Role(StrEnum):
    """What an account may do; each may also do what those after it may, an operator only for one site."""

    #: Keeps accounts, silences and rotas; all incidents.
    ADMIN = "admin"
    #: A bureau's chief: silences, rotas, all incidents.
    BUREAU = "bureau"
    #: Acknowledges, notes, hands over and closes incidents.
    INSPECTOR = "inspector"
    #: A plant's own people: see their site's incidents, note and give feedback.
    OPERATOR = "operator"
    #: Looks on.
    WALL = "wall"


ROLE_ZH = {
    Role.ADMIN: "管理员",
    Role.BUREAU: "主管部门",
    Role.INSPECTOR: "巡查员",
    Role.OPERATOR: "企业运维",
    Role.WALL: "大屏",
}


class SilenceKind(StrEnum):
    """Why notices are held back for a while; judging goes on."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


SILENCE_ZH = {SilenceKind.SILENCE: "静默", SilenceKind.MAINTENANCE: "检修"}
