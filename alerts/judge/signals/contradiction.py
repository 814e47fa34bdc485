"""Values that cannot both be true 逻辑矛盾 (house reference 7.3). Pure.

COD against BOD5 is not here: BOD5 is not measured online. Minimum, mean and amount of an hour are computed by us and cannot disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge.signals.correlation import clock
from alerts.judge.signals.running import of_day, running
from alerts.judge.signals.scene import Answer, Found, Scene, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

TOTAL_NITROGEN = "w21001"


def ammonia_above_nitrogen(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect NH3-N (*factor*) above the total nitrogen it is a part of, by more than both instruments may err.

    They may err by *error_mgl* below *error_from_mgl*, else by *error_share* of the value (HJ 355-2019, real samples:
    NH3-N and TN below 2 mg/L ±0.3 mg/L, else ±15 %; house reference 3.5 [mem]).
    """
    ammonia = {hour.at: hour.value for hour in of_day(scene, running(scene, factor))}
    total = {hour.at: hour.value for hour in of_day(scene, running(scene, TOTAL_NITROGEN))}
    both = sorted(ammonia.keys() & total.keys())
    if not both:
        return Unknown("氨氮与总氮无同时有效的小时")

    def error(value: float) -> float:
        return numbers["error_share"] * value if value >= numbers["error_from_mgl"] else numbers["error_mgl"]

    above = [at for at in both if ammonia[at] - error(ammonia[at]) > total[at] + error(total[at])]
    if len(above) < numbers["hours"]:
        return None
    worst = max(above, key=lambda at: ammonia[at] - total[at])
    return Found(
        sentence=f"{len(above)} 个小时氨氮高于总氮且超出仪器误差（{clock(worst)} 氨氮 {ammonia[worst]:.2f}、总氮 "
        f"{total[worst]:.2f} mg/L），氨氮是总氮的一部分，疑似至少一台仪器失准或数据非实测",
        figures={"hours": len(above), "ammonia": ammonia[worst], "total": total[worst]},
        since=above[0],
    )


def conversion_differs(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a changed reference O2 or formula: the value at reference O2 that the device sent differs from ours.

    By more than *apart_share* of ours in *hours* hours; below *least* (in the factor's unit) nothing is compared.
    """
    code = f"yx_zs_{factor}"
    sent, ours = scene.sent.get(code), scene.series.get(code)
    if sent is None or ours is None:
        return Unknown("设备未上报折算值")
    theirs = {hour.at: hour.value for hour in of_day(scene, running(scene, factor, sent))}
    mine = {hour.at: hour.value for hour in of_day(scene, running(scene, factor, ours))}
    both = sorted(at for at in theirs.keys() & mine.keys() if mine[at] >= numbers["least"])
    if not both:
        return Unknown("折算值无同时有效的小时")
    apart = {at: theirs[at] / mine[at] - 1.0 for at in both}
    found = [at for at in both if abs(apart[at]) > numbers["apart_share"]]
    if len(found) < numbers["hours"]:
        return None
    worst = max(found, key=lambda at: abs(apart[at]))
    return Found(
        sentence=f"{len(found)} 个小时设备上报的折算值与按实测值、氧含量复算的不符（{clock(worst)} 上报 {theirs[worst]:.1f}、"
        f"复算 {mine[worst]:.1f} {ours.unit}，相差 {apart[worst]:+.1%}），疑似基准氧含量或折算公式被改动",
        figures={"hours": len(found), "sent": theirs[worst], "computed": mine[worst], "apart_share": apart[worst]},
        since=found[0],
    )
