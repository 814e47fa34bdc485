"""What a scenario does to a plant, with its times resolved. Plants read it; they never know why."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class EffectKind(StrEnum):
    """What can go wrong inside a plant."""

    EFFICIENCY_DROP = "efficiency_drop"
    AERATION_FAILURE = "aeration_failure"
    OVERSPEND = "overspend"


class Effect(msgspec.Struct, frozen=True):
    """One trouble of one plant from *from_s* until *to_s* (seconds since 1970, infinite: until further notice)."""

    kind: EffectKind
    from_s: float
    to_s: float
    points: float = 0.0
    nh3n_mgl: float = 0.0
    cod_mgl: float = 0.0
    multiplier: float = 1.0


def strength(effect: Effect, at_s: float, ramp_s: float) -> float:
    """Return how far *effect* has set in at *at_s*: 0 to 1, rising over *ramp_s*, and falling as slowly afterwards."""
    if at_s < effect.from_s or at_s >= effect.to_s + ramp_s:
        return 0.0
    reached = min(1.0, (min(at_s, effect.to_s) - effect.from_s) / ramp_s)
    return reached * (1.0 - max(0.0, at_s - effect.to_s) / ramp_s)
