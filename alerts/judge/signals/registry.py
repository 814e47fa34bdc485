"""Every suspicion signal: rule → what finds it, and where it is asked.

All numbers are the defaults of house reference 7.3, engineering choices where it names no source; a rule may put its own
in their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge.signals import contradiction, level, shape, twins
from alerts.judge.signals.clock import CLOCK_NUMBERS, CLOCK_RULE
from alerts.judge.signals.correlation import FIRE
from alerts.judge.signals.more import MORE, Needs
from alerts.judge.signals.more import NEEDS as MORE_NEEDS
from alerts.judge.signals.running import GAS, GAS_LOADS, OXYGEN, PH, WATER, WATER_LOAD
from alerts.judge.signals.scene import Declared

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_TWO_DAYS_H = 48
_LOADS = (WATER_LOAD, *GAS_LOADS)
_FLOWS = (WATER_LOAD, "a00000")
_STEP = {"mads": 3, "limit_share": 0.3, "sharp_share": 0.7, "load_change": 0.3, "hours_before": 6, "together": 3}

_OWN: dict[str, Declared] = {
    "suspect_constant": Declared(
        shape.constant,
        {"hours": 6, "hours_minutely": 4, "coarse_share": 0.01, "moved_share": 0.01, "level_share": 0.3},
        hours_back=_TWO_DAYS_H,
    ),
    "suspect_zero": Declared(level.zero, {"hours": 3}, hours_back=_TWO_DAYS_H),
    "suspect_copied": Declared(
        shape.copied, {"equal_share": 0.95, "kinds": 6, "correlation": 0.999, "cv": 0.02}, hours_back=_TWO_DAYS_H
    ),
    "suspect_twins": Declared(
        twins.twins, {"same_share": 0.9, "kinds": 6, "correlation": 0.99}, wants_others=True
    ),
    "suspect_ammonia": Declared(
        contradiction.ammonia_above_nitrogen,
        {"hours": 2, "error_mgl": 0.3, "error_share": 0.15, "error_from_mgl": 2.0},
    ),
    "suspect_conversion": Declared(
        contradiction.conversion_differs, {"apart_share": 0.02, "hours": 2, "least": 1.0}
    ),
    "suspect_limit_hugging": Declared(
        level.limit_hugging, {"share": 0.7, "near_share": 0.9, "flat_hours": 6, "top_share": 0.02}
    ),
    "suspect_low_variance": Declared(shape.low_variance, {"cv": 0.01, "load_swing": 0.2}),
    "suspect_step": Declared(shape.step, _STEP, hours_back=_TWO_DAYS_H),
    "suspect_probe": Declared(shape.probe, _STEP, hours_back=_TWO_DAYS_H),
}  # fmt: skip
_OWN_NEEDS: dict[str, Needs] = {
    "suspect_constant": Needs((*WATER, PH, *GAS, OXYGEN, *_FLOWS, *FIRE)),
    "suspect_zero": Needs((*WATER, PH, *GAS), _LOADS),
    "suspect_copied": Needs((*WATER, PH, *GAS, *_FLOWS)),
    "suspect_twins": Needs((*WATER, *GAS)),
    "suspect_ammonia": Needs(("w21003",), (contradiction.TOTAL_NITROGEN,)),
    "suspect_conversion": Needs(GAS),
    "suspect_limit_hugging": Needs((*WATER, *GAS)),
    "suspect_low_variance": Needs((*WATER, *GAS), _LOADS),
    "suspect_step": Needs((*WATER, *GAS), _LOADS),
    "suspect_probe": Needs((*WATER, *GAS), _LOADS),
}

#: Rule → its signal.
SIGNALS: dict[str, Declared] = _OWN | MORE
#: Rule → where it is asked.
NEEDS: dict[str, Needs] = _OWN_NEEDS | MORE_NEEDS
#: Asked once of a place, of all its factors together.
PLACE_WIDE = frozenset({"suspect_twins", "suspect_probe"})
#: Not asked of what is truly near zero: SO2, particulates and mercury of a stack with nothing but gas below it.
EXPECT_A_LEVEL = frozenset({"suspect_constant", "suspect_zero", "suspect_low_variance"})


def known_numbers() -> Mapping[str, Collection[str]]:
    """Return rule → the figures that a rule of that name may set."""
    return {name: tuple(one.numbers) for name, one in SIGNALS.items()} | {CLOCK_RULE: tuple(CLOCK_NUMBERS)}
