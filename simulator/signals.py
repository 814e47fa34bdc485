"""Signals as functions of time: the same seed and instant give the same number, whoever asks, in whatever order.

There is no state to advance, so a simulator that restarts continues exactly where it would have been.
Instants are whole seconds since 1970 (``at_s``); days and weeks are those of Asia/Shanghai.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from struct import Struct

import msgspec

from schemas.times import HOUR, SHANGHAI, US_PER_SECOND, to_us

HOUR_S = 3600
DAY_S = 86400
WEEK_S = 7 * DAY_S
YEAR_S = 365.2425 * DAY_S
HOURS_A_WEEK = 168
# 1970-01-01 was a Thursday: this much after the epoch's Monday, moved to Shanghai's clock.
_MONDAY_SHIFT_S = 3 * DAY_S + int((SHANGHAI.utcoffset(None) or 8 * HOUR).total_seconds())
# Yongxing is warmest about 20 July.
_WARMEST_S = to_us(datetime(2020, 7, 20, tzinfo=UTC)) // US_PER_SECOND
_EIGHT = Struct("<8i")
_UNIT = 1.0 / 2**31

Eight = tuple[float, float, float, float, float, float, float, float]


@lru_cache(maxsize=4096)
def stream(seed: int, *names: str) -> bytes:
    """Return the key of an independent noise, one for each *seed* and path of *names*."""
    return blake2b("/".join((str(seed), *names)).encode(), digest_size=16).digest()


def noises(key: bytes, step: int) -> Eight:
    """Return eight independent numbers, each even over [-1, 1), for one *step* of the noise *key*."""
    digest = blake2b(step.to_bytes(8, "little", signed=True), key=key, digest_size=32).digest()
    a, b, c, d, e, f, g, h = _EIGHT.unpack(digest)
    return (a * _UNIT, b * _UNIT, c * _UNIT, d * _UNIT, e * _UNIT, f * _UNIT, g * _UNIT, h * _UNIT)


@lru_cache(maxsize=65536)
def noise(key: bytes, step: int) -> float:
    """Return one number, even over [-1, 1), for one *step* of the noise *key*."""
    return noises(key, step)[0]


def straight(key: bytes, position: float) -> float:
    """Return noise in [-1, 1) that runs in straight lines between whole positions (slope at most 2 per position)."""
    step = math.floor(position)
    before = noise(key, step)
    return before + (noise(key, step + 1) - before) * (position - step)


def smooth(key: bytes, position: float) -> float:
    """Return noise in [-1, 1) that passes through whole positions without a corner."""
    step = math.floor(position)
    part = position - step
    before = noise(key, step)
    return before + (noise(key, step + 1) - before) * part * part * (3.0 - 2.0 * part)


def between(key: bytes, low: float, high: float) -> float:
    """Return a number in [low, high) that belongs to *key* for good, such as a plant's size."""
    return low + (high - low) * (noise(key, 0) + 1.0) / 2.0


def season(at_s: int) -> float:
    """Return +1 on the warmest day of the year, -1 on the coldest, a cosine between."""
    return math.cos((at_s - _WARMEST_S) * (2.0 * math.pi / YEAR_S))


def hour_of_week(at_s: float) -> float:
    """Return hours since Monday 00:00 in Shanghai, in [0, 168)."""
    return ((at_s + _MONDAY_SHIFT_S) % WEEK_S) / HOUR_S


class Week(msgspec.Struct, frozen=True):
    """A weekly pattern of 168 hourly weights (mean 1), with its running sum so that integrals cost nothing."""

    weights: tuple[float, ...]
    before: tuple[float, ...]

    @classmethod
    def of(cls, day: tuple[float, ...], weekdays: tuple[float, ...]) -> Week:
        """Return the pattern of 24 hourly weights *day* times 7 *weekdays* (Monday first), scaled to mean 1."""
        raw = [hour * weekday for weekday in weekdays for hour in day]
        mean = sum(raw) / HOURS_A_WEEK
        weights = tuple(value / mean for value in raw)
        sums = [0.0]
        for value in weights:
            sums.append(sums[-1] + value)
        return cls(weights, tuple(sums))

    def at(self, at_s: float) -> float:
        """Return the weight in force, in straight lines between the middles of hours (no jumps)."""
        position = hour_of_week(at_s) - 0.5
        hour = math.floor(position)
        before = self.weights[hour % HOURS_A_WEEK]
        return before + (self.weights[(hour + 1) % HOURS_A_WEEK] - before) * (position - hour)

    def integral_s(self, at_s: float) -> float:
        """Return the integral of the stepwise weights up to *at_s*, in seconds of mean weight. Rises without end."""
        weeks, rest_s = divmod(at_s + _MONDAY_SHIFT_S, WEEK_S)
        hour, part_s = divmod(rest_s, HOUR_S)
        index = int(hour)
        return weeks * WEEK_S + self.before[index] * HOUR_S + self.weights[index] * part_s

    @property
    def lowest(self) -> float:
        """Return the smallest weight."""
        return min(self.weights)


def ripple_s(week: Week, key: bytes, at_s: float, step_s: int) -> float:
    """Return a bounded wobble for an integral of *week*, in seconds of mean weight.

    Its slope never exceeds 60 % of the smallest weight, so integral plus wobble still only rises.
    """
    amplitude = 0.3 * week.lowest * step_s
    return amplitude * straight(key, at_s / step_s)
