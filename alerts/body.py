"""What an incident says of itself, taken from its verdicts: the fields its notices, pages and evidence are made of. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from schemas.records import Incident

#: Taken over from the latest verdict where it has them.
_FROM_VERDICT = (
    "unit", "standard", "clause", "edition", "multiple", "n_valid", "n_expected", "marks", "note", "verified", "kind", "used",
    "allowed", "projected", "through", "method", "low", "high", "suspected", "use_rate", "over_plan", "plan_to_date",
    "probability", "passes_on", "band", "share", "part", "indirect", "figures", "due", "rule_version",
)  # fmt: skip


def body(incident: Incident, subject: Subject, rule: Rule, *, site: str, bureau: str) -> dict[str, Any]:
    """Return what *incident* says of itself; *site* and *bureau* are names for people. Instants are RFC 3339."""
    latest, worst = incident.latest, incident.worst
    return {
        "title": subject.title,
        "site": site,
        "rule": rule.zh,
        "task": rule.task,
        "bureau": bureau,
        "level": incident.level.value,
        "began_at": incident.began_at.isoformat(),
        "ended_at": incident.ended_at.isoformat() if incident.ended_at else None,
        "value": latest.value,
        "limit": latest.limit_value,
        "limit_id": latest.limit_id,
        "window_start": latest.window_start.isoformat(),
        "window_end": latest.window_end.isoformat(),
        "worst": worst.value,
        "worst_at": worst.window_start.isoformat(),
        "worst_through": worst.body.get("through"),
        "point_id": latest.point_id,
        "basis": rule.basis.value,
        **{name: latest.body[name] for name in _FROM_VERDICT if latest.body.get(name) is not None},
    }
