"""The second half of the suspicion signals: rule → what finds it, and where it can be asked at all.

All numbers are the defaults of house reference 7.3, engineering choices where it names no source; a rule may put its own
in their place.
"""

from __future__ import annotations

from typing import NamedTuple

from alerts.judge.signals import clock, correlation, marks, meters
from alerts.judge.signals.scene import Declared
from alerts.judge.unstable import NUMBERS as UNSTABLE_NUMBERS
from alerts.judge.unstable import unstable_place

_WEEK_H = 168


class Needs(NamedTuple):
    """Where a signal can be asked: of points whose factor begins with one of *factors*, beside one of *beside* (empty: alone)."""

    factors: tuple[str, ...]
    beside: tuple[str, ...] = ()


_WATER = ("w01018", "w21003", "w21001", "w21011", "w01012", "w01001")
_GAS = ("a34013", "a21026", "a21002", "a20057")
_REGISTERS = ("yx_e_",)

#: Rule → its signal.
MORE: dict[str, Declared] = {
    "suspect_calibration_long": Declared(marks.calibration_too_long, {"hours_a_day": 2.0}),
    "suspect_calibration_peak": Declared(
        marks.calibration_at_peak,
        {"runs_at_least": 3, "peak_share": 0.8, "load_swing": 0.05, "hours_known": 120},
        hours_back=_WEEK_H,
    ),
    "suspect_calibration_cover": Declared(
        marks.calibration_beside_exceedance,
        {"runs_at_least": 3, "beside_share": 0.8, "above_share": 0.25},
        hours_back=_WEEK_H,
    ),
    "suspect_calibration_overdue": Declared(
        marks.calibration_overdue, {"days_at_least": 8, "days_daily": 1, "days_weekly": 7}, wants_days=True
    ),
    "suspect_marks": Declared(marks.marks_abused, {"share": 0.10, "days_at_least": 10}, wants_days=True),
    "suspect_remarked": Declared(marks.remarked_by_hand, {"hours_at_least": 1}, wants_raw=True),
    "suspect_oxygen": Declared(
        correlation.oxygen_while_steaming,
        {"o2_pct": 19.0, "load_share": 0.3, "hours_at_least": 2},
        hours_back=_WEEK_H,
    ),
    "suspect_flow_balance": Declared(correlation.outlet_against_inlet, {"apart_share": 0.3}),
    "suspect_power": Declared(
        correlation.power_against_flow, {"fall_share": 0.2, "rise_share": 0.2, "days_at_least": 7}, wants_days=True
    ),
    "suspect_stopped": Declared(
        correlation.stopped_but_running,
        {"load_share": 0.3, "warm_share": 0.8, "hours_at_least": 2},
        hours_back=_WEEK_H,
        wants_raw=True,
    ),
    "suspect_backfill": Declared(
        clock.sent_later, {"late_share": 0.5, "block_hours": 6, "review_hours": 24}, hours_back=3 * 24
    ),
    "suspect_meter_constant": Declared(
        meters.meter_constant, {"hours_at_least": 12, "steps_at_least": 1000}, hours_back=_WEEK_H
    ),
    "suspect_meter_copied": Declared(
        meters.meter_copied, {"hours_known": 18, "equal_share": 0.9, "kinds_at_least": 6}, hours_back=48
    ),
    "suspect_meter_fell": Declared(meters.meter_fell, {"hours_at_least": 1}),
    "unstable_plant": Declared(unstable_place, UNSTABLE_NUMBERS, hours_back=_WEEK_H),
}

#: Rule → where it can be asked; elsewhere it would never say more than that it does not know.
NEEDS: dict[str, Needs] = {
    "suspect_calibration_long": Needs((*_WATER, *_GAS)),
    "suspect_calibration_peak": Needs((*_WATER, *_GAS), correlation.LOADS),
    "suspect_calibration_cover": Needs((*_WATER, *_GAS)),
    "suspect_calibration_overdue": Needs(_GAS),
    "suspect_marks": Needs((*_WATER, *_GAS)),
    "suspect_remarked": Needs((*_WATER, *_GAS)),
    "suspect_oxygen": Needs(("a19001",), correlation.FIRE),
    "suspect_flow_balance": Needs((correlation.OUTLET_FLOW,), (correlation.INLET_FLOW,)),
    "suspect_power": Needs(correlation.POWERS, correlation.LOADS),
    "suspect_stopped": Needs((*_WATER, *_GAS), correlation.WITNESSES),
    "suspect_backfill": Needs((*_WATER, *_GAS, *_REGISTERS)),
    "suspect_meter_constant": Needs(_REGISTERS),
    "suspect_meter_copied": Needs(_REGISTERS),
    "suspect_meter_fell": Needs(_REGISTERS),
    # What a sewage plant, a stack or a boiler always sends, standing or not.
    "unstable_plant": Needs((correlation.OUTLET_FLOW, "a19001")),
}
