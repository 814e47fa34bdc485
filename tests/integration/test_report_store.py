from __future__ import annotations

import asyncio
import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from alerts.actor import Actor, NotAllowedError, NotFoundError, UseError
from alerts.reports import publishing, store
from alerts.reports.paper import Column, Kind, Table, number, words
from schemas.catalog.duty import Role
from schemas.errors import DatabaseError
from schemas.runtime import clock, database
from tests.unit.alerts.reports.made import paper, publicity

if TYPE_CHECKING:
    from alerts.reports.paper import Paper

AT = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
CHIEF = Actor(name="he", role=Role.BUREAU)
SPAN: dict[str, Any] = {"since": date(2026, 1, 1), "until": date(2026, 12, 31)}


def of(value: float | None, **fields: object) -> Paper:
    heads = (Column("时刻"), Column("氨氮", is_number=True))
    return paper(Table("小时均值", heads, ((words("00"), number(value, 2)),)), **fields)


async def test_a_paper_is_filed_once_and_again_only_when_it_says_something_else(url: str) -> None:
    async with database.connect(url, "tests") as db:
        [first] = await store.file(db, [of(1.5)], "schedule", made_at=AT)
        assert (first.version, first.changes) == (1, ())
        assert await store.file(db, [of(1.5)], "schedule") == []
        [second] = await store.file(db, [of(2.5)], "he")
        assert (second.version, second.changes) == (2, ("表《小时均值》行 00 列 氨氮：1.50 → 2.50",))
        found = await store.one(db, first.report_id)
        assert found is not None
        assert (found.version, found.newest, found.made_at, found.made_by) == (1, 2, AT, "schedule")
        assert found.paper == of(1.5)
        assert found.digest == found.paper.digest() == of(1.5).digest()
        assert [(one.version, one.changes) for one in await store.history(db, Kind.DAY, "bj-wwtp", "2026-11-20")] == [
            (2, second.changes),
            (1, ()),
        ]
        assert await store.one(db, 10**9) is None


async def test_what_took_long_to_compose_does_not_undo_what_was_made_of_later_facts(url: str) -> None:
    now = clock.now()
    async with database.connect(url, "tests") as db:
        [later] = await store.file(db, [of(2.5)], "he", made_at=now)
        assert await store.file(db, [of(1.5)], "schedule", made_at=now - timedelta(minutes=1)) == []
        assert later.version == 1


async def test_a_version_of_a_wrong_clock_does_not_keep_all_later_ones_out(url: str) -> None:
    now = clock.now()
    async with database.connect(url, "tests") as db:
        await store.file(db, [of(2.5)], "he", made_at=now + timedelta(days=365))
        [later] = await store.file(db, [of(1.5)], "schedule", made_at=now)
        assert later.version == 2


@pytest.mark.parametrize("value", [math.nan, -0.0, 0.1 + 0.2, 1e300, 5e-324, 1e22, 7.0, None])
async def test_a_paper_read_back_has_the_digest_it_was_filed_with(url: str, value: float | None) -> None:
    async with database.connect(url, "tests") as db:
        [filed] = await store.file(db, [of(value)], "tests")
        found = await store.one(db, filed.report_id)
        assert found is not None
        assert found.paper.digest() == found.digest
        assert await store.file(db, [of(value)], "tests") == []


async def test_the_list_shows_newest_versions_by_kind_scope_and_days_the_county_first(url: str) -> None:
    async with database.connect(url, "tests") as db:
        await store.file(db, [of(1), of(1, scope="county"), of(1, scope="lyt-boiler"), publicity()], "tests")
        await store.file(db, [of(2)], "tests")
        found = await store.listed(db, **SPAN)
        assert [(one.kind, one.scope, one.version, one.n_changes) for one in found] == [
            (Kind.DAY, "county", 1, 0),
            (Kind.DAY, "bj-wwtp", 2, 1),
            (Kind.DAY, "lyt-boiler", 1, 0),
            (Kind.PUBLICITY, "county", 1, 0),
        ]
        assert [one.scope for one in await store.listed(db, **SPAN, scopes=["bj-wwtp"])] == ["bj-wwtp"]
        assert [one.kind for one in await store.listed(db, **SPAN, kind=Kind.PUBLICITY)] == [Kind.PUBLICITY]
        assert await store.listed(db, since=date(2026, 11, 21), until=date(2026, 12, 1)) == []
        assert len(await store.listed(db, **SPAN, at_most=2)) == 2


async def test_many_who_file_at_once_make_versions_without_gap_or_double(url: str) -> None:
    async def one(value: int) -> list[store.Filed]:
        async with database.connect(url, "tests") as db:
            # In the opposite order for every second one: nobody may wait for each other.
            papers = [of(value), of(value, scope="county")]
            return await store.file(db, papers if value % 2 else papers[::-1], "tests")

    filed = [found for some in await asyncio.gather(*(one(value) for value in range(8))) for found in some]
    for scope in ("bj-wwtp", "county"):
        assert sorted(found.version for found in filed if found.scope == scope) == list(range(1, 9))


async def test_two_who_file_the_same_at_once_file_it_once(url: str) -> None:
    async def one() -> list[store.Filed]:
        async with database.connect(url, "tests") as db:
            return await store.file(db, [of(1)], "tests")

    assert sum(len(found) for found in await asyncio.gather(*(one() for _ in range(6)))) == 1


async def test_either_all_papers_are_filed_or_none(url: str) -> None:
    async with database.connect(url, "tests") as db:
        with pytest.raises(DatabaseError, match="Unicode escape"):
            await store.file(db, [of(1), of(1, scope="z", title="a\0b")], "tests")
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM report").fetchall() == [(0,)]


async def test_what_is_filed_stands_for_ever(url: str) -> None:
    async with database.connect(url, "tests") as db:
        await store.file(db, [of(1)], "tests")
    for statement in ("UPDATE report SET digest = ''", "DELETE FROM report"):
        with psycopg.connect(url) as connection, pytest.raises(psycopg.Error, match="append-only"):
            connection.execute(statement.encode())


async def test_the_public_sees_what_a_person_released_and_no_longer_what_was_taken_back(url: str) -> None:
    async with database.connect(url, "tests") as db:
        [september] = await store.file(db, [publicity("2026-09")], "tests")
        [october] = await store.file(db, [publicity("2026-10")], "tests")
        assert await publishing.released(db) == []
        await publishing.release(db, september.report_id, CHIEF)
        number = await publishing.release(db, october.report_id, CHIEF)
        assert [one.period for one in await publishing.released(db)] == ["2026-10", "2026-09"]
        await publishing.withdraw(db, number, CHIEF, "数据有误")
        assert [one.period for one in await publishing.released(db)] == ["2026-09"]
        [told] = await publishing.publications(db, "2026-10")
        assert (told.released_by, told.withdrawn_by, told.reason) == ("he", "he", "数据有误")
        # Taken back is not lost: the same version may be released again.
        await publishing.release(db, october.report_id, CHIEF)
        assert [one.period for one in await publishing.released(db)] == ["2026-10", "2026-09"]


async def test_a_newer_version_replaces_the_older_one_only_once_it_is_released_too(url: str) -> None:
    async with database.connect(url, "tests") as db:
        [first] = await store.file(db, [publicity(done=61)], "tests")
        await publishing.release(db, first.report_id, CHIEF)
        [second] = await store.file(db, [publicity(done=62)], "tests")
        assert [one.version for one in await publishing.released(db)] == [1]
        number = await publishing.release(db, second.report_id, CHIEF)
        assert [one.version for one in await publishing.released(db)] == [2]
        [entry] = await store.listed(db, **SPAN)
        assert entry.publication_id == number
        # The older one does not come back by itself when the newer is taken back.
        await publishing.withdraw(db, number, CHIEF, "更正有误")
        assert await publishing.released(db) == []
        told = await publishing.publications(db, "2026-10")
        assert [(one.version, one.reason) for one in told] == [(2, "更正有误"), (1, "由第 2 版代替")]


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.OPERATOR])
async def test_only_the_bureau_and_the_administrator_decide_what_the_public_sees(url: str, role: Role) -> None:
    other = Actor(name="x", role=role, site="bj-wwtp")
    async with database.connect(url, "tests") as db:
        [filed] = await store.file(db, [publicity()], "tests")
        with pytest.raises(NotAllowedError):
            await publishing.release(db, filed.report_id, other)
        number = await publishing.release(db, filed.report_id, Actor(name="root", role=Role.ADMIN))
        with pytest.raises(NotAllowedError):
            await publishing.withdraw(db, number, other, "因为")
        assert len(await publishing.released(db)) == 1


async def test_what_cannot_be_released_or_taken_back_is_refused_with_a_sentence(url: str) -> None:
    async with database.connect(url, "tests") as db:
        [day] = await store.file(db, [of(1)], "tests")
        [first] = await store.file(db, [publicity(done=1)], "tests")
        with pytest.raises(UseError, match="不对社会公开"):
            await publishing.release(db, day.report_id, CHIEF)
        with pytest.raises(NotFoundError):
            await publishing.release(db, 10**9, CHIEF)
        number = await publishing.release(db, first.report_id, CHIEF)
        with pytest.raises(UseError, match="已发布"):
            await publishing.release(db, first.report_id, CHIEF)
        await store.file(db, [publicity(done=2)], "tests")
        with pytest.raises(UseError, match="已有第 2 版"):
            await publishing.release(db, first.report_id, CHIEF)
        with pytest.raises(UseError, match="撤回原因"):
            await publishing.withdraw(db, number, CHIEF, " \0 ")
        await publishing.withdraw(db, number, CHIEF, "有误")
        with pytest.raises(NotFoundError):
            await publishing.withdraw(db, number, CHIEF, "有误")
