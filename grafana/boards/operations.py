"""运维: what the processes say of themselves. Every name of a metric stands in the source; a test holds the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards import house, units
from grafana.boards.frame import OPERATIONS, Board, board
from grafana.boards.house import Said, big, lines, place
from grafana.boards.queries import Prom

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, timeseries

UID = "yx-operations"
_RATE = "[$__rate_interval]"


def build() -> Board:
    """Return the board."""
    said = Said("运维", "Operations: ingest, acknowledgement, evaluation, notices, processes.")
    small = [place(one, 4, 4) for one in (up(), holder(), waiting(), balance(), notices_waiting(), sessions())]
    ingest = [place(received(), 12, 8), place(messages(), 12, 8), place(commits(), 12, 8), place(batch(), 12, 8)]
    ingest += [place(in_hand(), 12, 8), place(rejected(), 12, 8), place(away(), 12, 8), place(sessions_lost(), 12, 8)]
    judging = [place(rounds(), 12, 8), place(facts(), 12, 8), place(failures(), 12, 8), place(sent(), 12, 8)]
    rest = [place(notices_failed(), 12, 8), place(delay(), 12, 8), place(memory(), 12, 8), place(cpu(), 12, 8)]
    panels = [*small, *ingest, *judging, *rest]
    return board(UID, said, panels, since="now-6h", refresh="30s")._replace(folder=OPERATIONS)


def _quantile(share: float, histogram: str, by: str = "le") -> str:
    return f"histogram_quantile({share}, sum by ({by}) (rate({histogram}_bucket{_RATE})))"


def _quantiles(histogram: str) -> list[Prom]:
    return [Prom(_quantile(share, histogram), f"p{share * 100:g}", ref) for share, ref in ((0.5, "A"), (0.99, "B"))]


def _now(said: Said, unit: str, expr: str) -> stat.Panel:
    return big(said, unit, Prom(expr, said.title).now())


def up() -> stat.Panel:
    """Show whether Prometheus reaches the desk."""
    words = {"0": ("不可达", house.RED), "1": ("正常", house.GREEN)}
    return big(
        Said("采集目标", "Whether Prometheus reaches the desk's /metrics."),
        units.NONE,
        Prom("min(up)", "采集").now(),
        words=words,
    )


def holder() -> stat.Panel:
    """Show whether somebody judges."""
    words = {"0": ("无人研判", house.RED), "1": ("研判中", house.GREEN)}
    asked = Prom("sum(alerts_is_holder)", "研判").now()
    return big(Said("研判租约", "Evaluators that hold the lease: exactly one."), units.NONE, asked, words=words)


def waiting() -> stat.Panel:
    """Show facts not yet judged."""
    return _now(
        Said("待判事实", "Facts that wait to be judged; 10,001: more than 10,000."), units.VALUES, "max(facts_waiting)"
    )


def balance() -> stat.Panel:
    """Show received less settled and in hand."""
    asked = Prom("sum(abs(ingest_difference))", "守恒差").now()
    panel = big(
        Said("守恒差", "Received less all that was settled or is in hand; must be 0."),
        units.VALUES,
        asked,
        words=house.BALANCED,
    )
    return panel.thresholds(house.steps((None, house.RED)))


def notices_waiting() -> stat.Panel:
    """Show notices no channel has taken."""
    return _now(
        Said("待发通知", "Notices not yet taken; a digest counts once."), units.MESSAGES, "max(notices_waiting)"
    )


def sessions() -> stat.Panel:
    """Show sessions on the broker."""
    return _now(
        Said("MQTT会话", "Sessions on the broker that are connected."), units.VALUES, "sum(ingest_broker_sessions)"
    )


def received() -> timeseries.Panel:
    """Show values by the second."""
    said = Said("数据接收速率", "Values a second: received, stored, duplicate, late.")
    kinds = {"收到": "received", "入库": "stored", "重复": "duplicate", "迟到": "late"}
    asked = [
        Prom(f"sum(rate(ingest_values_{kind}_total{_RATE}))", name, ref)
        for (name, kind), ref in zip(kinds.items(), "ABCD", strict=True)
    ]
    return lines(said, units.VALUES_PER_S, *asked)


def messages() -> timeseries.Panel:
    """Show messages by the second."""
    said = Said("报文速率", "Messages a second: off the broker, and committed and acknowledged.")
    taken = Prom(f"sum(rate(ingest_messages_received_total{_RATE}))", "收到")
    return lines(said, units.MESSAGES_PER_S, taken, Prom(f"sum(rate(ingest_messages_total{_RATE}))", "已确认", "B"))


def commits() -> timeseries.Panel:
    """Show how long commits take: what an acknowledgement waits for."""
    return lines(
        Said("提交与确认延迟", "Time of one commit, after which messages are acknowledged."),
        units.SECONDS,
        *_quantiles("ingest_commit_seconds"),
    )


def batch() -> timeseries.Panel:
    """Show messages a commit."""
    said = Said("批量大小", "Messages and values a commit, on average.")
    commits_a_second = f"sum(rate(ingest_commit_seconds_count{_RATE}))"
    asked = Prom(f"sum(rate(ingest_messages_total{_RATE})) / {commits_a_second}", "报文/批")
    return lines(
        said,
        units.NONE,
        asked,
        Prom(f"sum(rate(ingest_values_stored_total{_RATE})) / {commits_a_second}", "值/批", "B"),
    )


def in_hand() -> timeseries.Panel:
    """Show received, not yet committed: how far the reader is behind."""
    said = Said(
        "在途数据", "Values decoded and messages received, not yet committed: how far ingest is behind the broker."
    )
    asked = Prom("sum(ingest_values_in_hand)", "值"), Prom("sum(ingest_messages_in_flight)", "报文", "B")
    return lines(said, units.NONE, *asked, Prom("sum(ingest_broker_repeats)", "重发", "C"))


def rejected() -> timeseries.Panel:
    """Show refused values by reason."""
    asked = Prom(f"sum by (reason) (rate(ingest_values_rejected_total{_RATE}))", "{{reason}}")
    return lines(Said("拒收速率", "Values refused a second, by reason."), units.VALUES_PER_S, asked)


def away() -> timeseries.Panel:
    """Show times the database was away."""
    said = Said("数据库不可用", "Times a second that a commit found the database away.")
    return lines(said, units.TIMES_PER_S, Prom(f"sum(rate(ingest_database_away_total{_RATE}))", "不可用"))


def sessions_lost() -> timeseries.Panel:
    """Show sessions the broker forgot."""
    return lines(
        Said("会话丢失", "Sessions the broker had forgotten."),
        units.VALUES,
        Prom("sum(ingest_broker_sessions_lost)", "丢失会话"),
    )


def rounds() -> timeseries.Panel:
    """Show how long a round of judging takes."""
    return lines(
        Said("研判轮次用时", "Time of one evaluation round."), units.SECONDS, *_quantiles("alerts_round_seconds")
    )


def facts() -> timeseries.Panel:
    """Show facts that wait, over time."""
    return lines(
        Said("待判事实趋势", "Facts that wait to be judged."), units.VALUES, Prom("max(facts_waiting)", "待判")
    )


def failures() -> timeseries.Panel:
    """Show jobs that failed."""
    asked = Prom("sum by (job) (increase(alerts_job_failures_total[1h]))", "{{job}}")
    return lines(Said("定时任务失败", "Runs of the timetable's jobs that failed in the last hour."), units.TIMES, asked)


def sent() -> timeseries.Panel:
    """Show notices taken, by channel."""
    asked = Prom("sum by (channel) (increase(notices_sent_total[1h]))", "{{channel}}")
    return lines(Said("通知送达", "Notices taken by channels in the last hour."), units.MESSAGES, asked)


def notices_failed() -> timeseries.Panel:
    """Show sendings that failed."""
    asked = Prom("sum by (channel, reason) (increase(notices_failed_total[1h]))", "{{channel}} {{reason}}")
    return lines(Said("通知失败", "Sendings a channel did not take in the last hour, by reason."), units.TIMES, asked)


def delay() -> timeseries.Panel:
    """Show from step to receipt."""
    return lines(
        Said("通知延迟", "From the incident's step to the channel's receipt."),
        units.SECONDS,
        *_quantiles("notice_delay_seconds"),
    )


def memory() -> timeseries.Panel:
    """Show resident memory of the processes scraped one by one."""
    english = "Resident memory; only of processes scraped at their own MONITOR_METRICS_PORT (README)."
    return lines(Said("进程内存", english), units.BYTES, Prom("process_resident_memory_bytes", "{{instance}}"))


def cpu() -> timeseries.Panel:
    """Show cPU of the processes scraped one by one."""
    english = "Cores in use; only of processes scraped at their own MONITOR_METRICS_PORT (README)."
    return lines(Said("进程CPU", english), units.CORES, Prom(f"rate(process_cpu_seconds_total{_RATE})", "{{instance}}"))
