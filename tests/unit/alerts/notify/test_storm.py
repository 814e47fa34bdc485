from __future__ import annotations

from alerts.notify.storm import Folded, digest
from schemas.catalog.enums import Level

LINK = "http://desk/"


def folded(number: int, level: Level, site: str | None = "甲厂") -> Folded:
    return Folded(
        number, number * 10, number * 100, "opened", level, site, f"【{level.value}】第 {number} 起\n起始：昨天"
    )


def test_a_digest_lists_the_gravest_first_and_of_one_level_the_oldest() -> None:
    text = digest([folded(3, Level.BLUE), folded(2, Level.RED), folded(1, Level.RED), folded(4, Level.ORANGE)], LINK)[
        "text"
    ]
    assert text.splitlines() == [
        "【汇总】另有 4 条通知：红色 2、橙色 1、蓝色 1",
        "站点：甲厂 4",
        "1. 【red】第 1 起",
        "2. 【red】第 2 起",
        "3. 【orange】第 4 起",
        "4. 【blue】第 3 起",
        LINK,
    ]


def test_a_digest_is_as_grave_as_the_gravest_inside() -> None:
    assert digest([folded(1, Level.BLUE), folded(2, Level.ORANGE)], LINK)["level"] == "orange"


def test_twenty_are_listed_and_the_rest_counted() -> None:
    lines = digest([folded(number, Level.RED) for number in range(21)], LINK)["text"].splitlines()
    assert lines[-3:] == ["20. 【red】第 19 起", "另有 1 起见值班台", LINK]
    assert "另有 1 起见值班台" not in digest([folded(number, Level.RED) for number in range(20)], LINK)["text"]


def test_machines_get_every_notice_however_many() -> None:
    body = digest([folded(number, Level.RED, site=f"{number} 厂") for number in range(300)], LINK)
    assert [one["notice_id"] for one in body["notices"]] == list(range(300))
    assert body["notices"][7] == {
        "notice_id": 7, "incident_id": 70, "event_id": 700, "step": "opened", "level": "red", "title": "【red】第 7 起",
    }  # fmt: skip
    assert body["count"] == 300
    assert body["by_level"] == {"red": 300}
    assert body["text"].splitlines()[1].endswith("等 300 处")


def test_what_has_no_site_is_counted_too() -> None:
    assert digest([folded(1, Level.RED, site=None), folded(2, Level.RED)], LINK)["by_site"] == {"—": 1, "甲厂": 1}
