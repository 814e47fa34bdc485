from __future__ import annotations

import pytest

from alerts.judge.signals.scene import Found, Unknown
from tests.unit.alerts.judge.signals.scenery import AMMONIA, TN, ask, clean, scene, sentence, series


@pytest.mark.parametrize("seed", range(20))
def test_in_a_well_run_plant_ammonia_is_a_part_of_the_nitrogen(seed: int) -> None:
    assert ask("suspect_ammonia", scene(clean(seed)), AMMONIA) is None


@pytest.mark.parametrize(
    ("ammonia", "nitrogen", "hours", "is_found", "why"),
    [
        (9.0, 6.0, 2, True, "9 - 15 % is more than 6 + 15 %"),
        (9.0, 6.0, 1, False, "one hour may be a slip"),
        (8.0, 6.0, 5, False, "8 - 15 % is less than 6 + 15 %: both instruments may err"),
        (1.5, 0.8, 3, True, "below 2 mg/L both may err by 0.3"),
        (1.3, 0.8, 3, False, "1.3 - 0.3 is less than 0.8 + 0.3"),
    ],
)
def test_ammonia_above_nitrogen_by_more_than_both_may_err(
    ammonia: float,
    nitrogen: float,
    hours: int,
    is_found: bool,  # noqa: FBT001
    why: str,
) -> None:
    held = clean()
    held[AMMONIA][30 : 30 + hours], held[TN][30 : 30 + hours] = [ammonia] * hours, [nitrogen] * hours
    found = ask("suspect_ammonia", scene(held), AMMONIA)
    assert isinstance(found, Found) is is_found, why
    if is_found:
        assert f"氨氮 {ammonia:.2f}、总氮 {nitrogen:.2f} mg/L" in sentence(found)


def test_without_nitrogen_it_cannot_say() -> None:
    held = clean()
    held[TN] = [None] * 48
    assert isinstance(ask("suspect_ammonia", scene(held), AMMONIA), Unknown)


@pytest.mark.parametrize(
    ("factor", "is_found"), [(1.0, False), (1.019, False), (0.981, False), (1.021, True), (0.8, True)]
)
def test_a_converted_value_more_than_two_hundredths_apart(factor: float, is_found: bool) -> None:  # noqa: FBT001
    ours = [100.0 + number for number in range(48)]
    held = scene(
        clean(),
        series={"a21026": series("a21026", ours), "yx_zs_a21026": series("yx_zs_a21026", ours)},
        sent={"yx_zs_a21026": series("yx_zs_a21026", [value * factor for value in ours])},
    )
    found = ask("suspect_conversion", held, "a21026")
    assert isinstance(found, Found) is is_found
    if is_found:
        assert f"相差 {factor - 1:+.1%}" in sentence(found)


def test_where_the_device_sends_none_there_is_nothing_to_compare() -> None:
    held = scene(clean(), series={"yx_zs_a21026": series("yx_zs_a21026", [100.0] * 48)})
    assert isinstance(ask("suspect_conversion", held, "a21026"), Unknown)
