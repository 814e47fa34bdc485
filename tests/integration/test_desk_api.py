"""The desk as a process of its own, asked as browsers and programs ask it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from alerts.desk import accounts
from alerts.desk.accounts import Wanted
from schemas.catalog.duty import Role
from schemas.runtime import clock, database
from schemas.runtime.folder import any_free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from schemas.runtime.database import Database

PASSWORD = "correct horse 1"
REPOSITORY = Path(__file__).resolve().parents[2]
NOW = clock.now().replace(microsecond=0)
FOREIGN = {"Origin": "https://evil.example"}


class Desk:
    """`monitor desk` on a port of its own."""

    def __init__(self, url: str, data: Path, **settings: str) -> None:
        self.port = any_free_port("127.0.0.1", None)
        self.base = f"http://127.0.0.1:{self.port}"
        self._log = data / "desk.txt"
        self._clients: list[httpx.Client] = []
        # NiceGUI behaves otherwise when it finds itself in a test.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        environment |= {
            "MONITOR_DATABASE_URL": url, "MONITOR_DATA": str(data), "MONITOR_DESK__PORT": str(self.port),
            "MONITOR_ALERTS__PUBLIC_URL": self.base,
        } | settings  # fmt: skip
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "monitor", "desk"], stdout=log, stderr=log, cwd=REPOSITORY, env=environment
            )

    def wait(self) -> None:
        until = time.monotonic() + 60
        client = self.client()
        while True:
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.process.terminate()
        self.process.wait(20)

    def log(self) -> str:
        return self._log.read_text()

    def client(self, token: str | None = None, **headers: str) -> httpx.Client:
        named = headers | ({"Authorization": f"Bearer {token}"} if token else {})
        self._clients.append(httpx.Client(base_url=self.base, headers=named, trust_env=False, timeout=10))
        return self._clients[-1]

    def form(self, browser: httpx.Client, path: str, fields: dict[str, str]) -> httpx.Response:
        """Open a page as *browser* and post its form."""
        page = browser.get(path)
        assert page.status_code == 200, page.text
        token = re.search(r'"form","value":"([^"]+)"', page.text) or re.search(
            r'"value":"([A-Za-z0-9_-]{43})"', page.text
        )
        assert token is not None
        return browser.post(path.partition("?")[0], data={"form": token[1]} | fields, headers={"Origin": self.base})

    def log_in(self, name: str, password: str = PASSWORD, wanted: str = "/desk") -> httpx.Client:
        browser = self.client()
        answer = self.form(browser, "/login", {"name": name, "password": password, "next": wanted})
        assert answer.status_code == 303
        browser.headers["X-Led-To"] = answer.headers["location"]
        return browser


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with database.connect(url, "tests") as connection:
        yield connection


@pytest.fixture
def start(url: str, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def started(**settings: str) -> Desk:
        desks.append(Desk(url, tmp_path, **settings))
        desks[-1].wait()
        return desks[-1]

    yield started
    for desk in desks:
        desk.stop()


@pytest.fixture
async def tokens(db: Database) -> dict[str, str]:
    """One account of each role, named by it, each with a token."""
    found: dict[str, str] = {}
    for role, person in (
        (Role.ADMIN, None), (Role.BUREAU, "epb-he"), (Role.INSPECTOR, "epb-chen"), (Role.OPERATOR, "bj-wwtp-zhou"),
        (Role.WALL, None),
    ):  # fmt: skip
        await accounts.add(db, "tests", Wanted(name=role.value, role=role, person=person), PASSWORD)
        _, found[role.value] = await accounts.add_token(db, "tests", role.value, "tests", expires_at=None)
    return found


def incident(url: str, state: str = "open", site: str = "bj-wwtp", *, level: str = "orange", hours: int = 1) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body)"
            " VALUES ('sewage_day', %s, %s, %s, %s, 'epb', %s, %s, %s) RETURNING incident_id",
            [
                f"{site}.{state}.{hours}",
                site,
                state,
                level,
                NOW - timedelta(hours=hours),
                NOW,
                Jsonb({"title": "氨氮"}),
            ],
        ).fetchone()
        assert row is not None
        connection.execute(
            "INSERT INTO incident_event (incident_id, kind, body) VALUES (%s, 'opened', %s)", [row[0], Jsonb({})]
        )
    return int(row[0])


def ids(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["incident_id"] for one in answer.json()]


def refused(answer: httpx.Response, status: int) -> str:
    """Return the sentence of a refusal, proved to be one."""
    assert answer.status_code == status, answer.text
    said: dict[str, str] = answer.json()
    assert set(said) == {"error", "mend"}
    return said["error"]


async def test_incidents_are_listed_as_the_wall_shows_them_and_by_wish(
    url: str, start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    found = {state: incident(url, state, hours=n) for n, state in enumerate(
        ("open", "unknown", "recovering", "pending", "closed", "lapsed"), 1
    )}  # fmt: skip
    other = incident(url, "open", "mt-wwtp", level="red", hours=9)
    desk = start()
    client = desk.client()
    live = [found["open"], found["unknown"], found["recovering"]]
    assert ids(client.get("/api/incidents")) == [*live, other]
    assert ids(client.get("/api/incidents?state=open&site=bj-wwtp")) == live
    assert ids(client.get("/api/incidents?state=closed")) == [found["closed"]]
    assert ids(client.get("/api/incidents?state=pending")) == [found["pending"]]
    assert ids(client.get("/api/incidents?state=all")) == [*live, found["closed"], other]
    assert ids(client.get("/api/incidents?level=red")) == [other]
    assert ids(client.get("/api/incidents?bureau=mkt")) == []
    since = (NOW - timedelta(hours=2)).isoformat()
    assert ids(client.get(f"/api/incidents?since={since}")) == live[:2]
    seen: list[int] = []
    path: str | None = "/api/incidents?state=all&limit=2"
    while path:
        page = client.get(path)
        seen += ids(page)
        path = page.links["next"]["url"] if "next" in page.links else None
    assert seen == [*live, found["closed"], other]
    for wrong, word in (("state=opn", "state"), ("limit=0", "limit"), ("limit=501", "limit"), ("page=2", "page"),
                        ("since=soon", "since"), ("before=x", "before")):  # fmt: skip
        assert word in refused(client.get(f"/api/incidents?{wrong}"), 400)
    shown = client.get("/api/incidents").json()[0]
    assert shown["events"][0]["kind"] == "opened"
    assert not {"acked_by", "assignee"} & set(shown)
    assert {"acked_by", "assignee"} <= set(desk.client(tokens["inspector"]).get("/api/incidents").json()[0])
    assert not {"acked_by"} & set(desk.client(tokens["operator"]).get("/api/incidents?site=mt-wwtp").json()[0])


async def test_one_incident_is_whole_for_those_who_may_see_it(
    url: str, start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    own, other = incident(url), incident(url, site="mt-wwtp")
    desk = start()
    refused(desk.client().get(f"/api/incidents/{own}"), 401)
    for role, key, status in (
        ("inspector", own, 200), ("operator", own, 200), ("operator", other, 403), ("wall", own, 403),
        ("admin", other, 200),
    ):  # fmt: skip
        assert desk.client(tokens[role]).get(f"/api/incidents/{key}").status_code == status, (role, key)
    whole = desk.client(tokens["inspector"]).get(f"/api/incidents/{own}").json()
    assert whole["events"][0].keys() >= {"at", "kind", "actor", "body", "seq", "digest"}
    assert whole["began_at"].endswith("+08:00")
    for wrong in ("999999", "-1", "x", "１", "9" * 30):
        refused(desk.client(tokens["admin"]).get(f"/api/incidents/{wrong}"), 404)


async def test_what_people_do_through_the_api_stands_in_the_history(
    url: str, start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    key = incident(url)
    desk = start()
    chen, zhou = desk.client(tokens["inspector"]), desk.client(tokens["operator"])
    at = f"/api/incidents/{key}/"
    acked = chen.post(at + "ack", json={"hours": 1, "note": "已派人"})
    assert acked.status_code == 200, acked.text
    assert acked.json()["acked_by"] == "inspector"
    assert zhou.post(at + "feedback", json={"text": "鼓风机故障，已修复"}).status_code == 200
    assert zhou.post(at + "note", json={"text": "照片稍后补"}).status_code == 200
    refused(zhou.post(at + "ack", json={}), 403)
    assert chen.post(at + "reassign", json={"person": "epb-li"}).json()["assignee"] == "epb-li"
    refused(chen.post(at + "reassign", json={"person": "nobody"}), 404)
    assert "尚未恢复" in refused(chen.post(at + "settle", json={"cause": "rectified", "text": "已整改"}), 409)
    settled = chen.post(at + "settle", json={"cause": "instrument_fault", "text": "探头结垢"}).json()
    assert (settled["cause"], settled["settled_by"]) == ("instrument_fault", "inspector")
    refused(chen.post(at + "ack", json={}), 409)
    whole = chen.post(at + "unsettle", json={"text": "误操作"}).json()
    assert [(one["kind"], one["actor"]) for one in whole["events"][1:]] == [
        ("acked", "inspector"), ("feedback", "operator"), ("noted", "operator"), ("reassigned", "inspector"),
        ("settled", "inspector"), ("unsettled", "inspector"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "body", "answer"),
    [
        ("ack", {"hour": 2}, (400, "hour")),
        ("ack", {"hours": -1}, (400, "hours")),
        ("note", {}, (400, "text")),
        ("note", {"text": ""}, (400, "text")),
        ("note", {"text": "长" * 2001}, (400, "text")),
        ("note", {"text": "x" * 70_000}, (413, "过长")),
        ("settle", {"cause": "because", "text": "x"}, (400, "cause")),
        ("explode", {}, (404, "explode")),
    ],
)
async def test_a_wrong_call_is_named_and_changes_nothing(
    act: str,
    body: dict[str, Any],
    answer: tuple[int, str],
    url: str,
    start: Callable[..., Desk],
    tokens: dict[str, str],
) -> None:
    key = incident(url)
    status, word = answer
    assert word in refused(start().client(tokens["admin"]).post(f"/api/incidents/{key}/{act}", json=body), status)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM incident_event WHERE incident_id IS NOT NULL").fetchone() == (
            1,
        )


async def test_silences_and_swaps_are_planned_read_and_taken_back(
    start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    desk = start()
    chief, chen = desk.client(tokens["bureau"]), desk.client(tokens["inspector"])
    until = (NOW + timedelta(hours=4)).isoformat()
    wish = {"kind": "maintenance", "site": "bj-wwtp", "until": until, "reason": "年度检修"}
    refused(chen.post("/api/silences", json=wish), 403)
    refused(chief.post("/api/silences", json=wish | {"site": "nowhere"}), 404)
    refused(chief.post("/api/silences", json=wish | {"until": "soon"}), 400)
    made = chief.post("/api/silences", json=wish)
    assert made.status_code == 201, made.text
    key = made.json()["silence_id"]
    [row] = chen.get("/api/silences").json()
    assert (row["silence_id"], row["kind"], row["made_by"]) == (key, "maintenance", "bureau")
    refused(desk.client(tokens["wall"]).get("/api/silences"), 403)
    refused(chen.delete(f"/api/silences/{key}"), 403)
    assert chief.delete(f"/api/silences/{key}").status_code == 204
    refused(chief.delete(f"/api/silences/{key}"), 404)
    assert chen.get("/api/silences").json() == []
    swap = {"bureau": "epb", "person": "epb-he", "since": NOW.isoformat(), "until": until, "reason": "陈请假"}
    made = chief.post("/api/swaps", json=swap)
    assert made.status_code == 201, made.text
    [epb] = chen.get("/api/rota?bureau=epb&days=3").json()
    assert (epb["on_duty"]["person"], epb["swaps"][0]["swap_id"]) == ("epb-he", made.json()["swap_id"])
    assert epb["shifts"][0]["why"] == "swap"
    assert [one["bureau"] for one in chen.get("/api/rota").json()][:3] == ["epb", "mkt", "drc"]
    refused(chen.get("/api/rota?bureau=nowhere"), 404)
    refused(chen.get("/api/rota?days=91"), 400)
    assert chief.delete(f"/api/swaps/{made.json()['swap_id']}").status_code == 204
    assert chen.get("/api/rota?bureau=epb").json()[0]["swaps"] == []


async def test_a_token_that_is_worth_nothing_is_refused_everywhere(
    url: str, db: Database, start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    key = incident(url)
    number, revoked = await accounts.add_token(db, "tests", "admin", "x", expires_at=None)
    await accounts.revoke_token(db, "tests", number, now=clock.now())
    _, expired = await accounts.add_token(db, "tests", "admin", "x", expires_at=NOW - timedelta(seconds=1))
    desk = start()
    for wrong in ("yx_" + "x" * 43, revoked, expired, tokens["admin"].removeprefix("yx_"), "Basic"):
        client = desk.client(wrong)
        for answer in (
            client.get("/api/sites"),
            client.get(f"/api/incidents/{key}"),
            client.post(f"/api/incidents/{key}/ack", json={}),
        ):
            assert "令牌" in refused(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
    assert "令牌" in refused(desk.client(Authorization="Basic YTpi").get("/api/sites"), 401)
    await accounts.disable(db, "tests", "inspector", now=clock.now())
    refused(desk.client(tokens["inspector"]).get("/api/sites"), 401)
    assert tokens["admin"] not in desk.log()


async def test_a_log_in_reads_but_does_not_act_and_ends_everywhere_at_once(
    url: str, db: Database, start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    assert tokens
    key = incident(url)
    desk = start()
    browser, second = desk.log_in("inspector"), desk.log_in("inspector")
    assert browser.headers["X-Led-To"] == "/desk"
    assert browser.get(f"/api/incidents/{key}").status_code == 200
    assert "须用访问令牌" in refused(browser.post(f"/api/incidents/{key}/ack", json={}), 401)
    copied = desk.client(Cookie=f"yx_session={browser.cookies['yx_session']}")
    assert copied.get(f"/api/incidents/{key}").status_code == 200
    assert desk.form(browser, "/logout", {}).headers["location"] == "/login"
    refused(copied.get(f"/api/incidents/{key}"), 401)
    assert second.get(f"/api/incidents/{key}").status_code == 200
    await accounts.set_password(db, "tests", "inspector", "another horse 2")
    refused(second.get(f"/api/incidents/{key}"), 401)
    assert second.get("/desk").headers["location"] == "/login?next=%2Fdesk"
    third = desk.log_in("inspector", "another horse 2")
    assert third.get(f"/api/incidents/{key}").status_code == 200
    await accounts.disable(db, "tests", "inspector", now=clock.now())
    refused(third.get(f"/api/incidents/{key}"), 401)


async def test_a_one_time_password_must_be_changed_first(db: Database, start: Callable[..., Desk]) -> None:
    made = await accounts.first_account(db)
    assert made is not None
    desk = start()
    browser = desk.log_in("admin", made, "/desk/rota")
    assert browser.headers["X-Led-To"] == "/password?next=%2Fdesk%2Frota"
    assert browser.get("/desk").headers["location"] == "/password"
    refused(browser.get("/api/silences"), 401)
    wish = {"password": made, "new": "my own horse 3", "again": "my own horse 3", "next": "/desk/rota"}
    for wrong, word in (
        ({"again": "my own horse 4"}, "不一致"), ({"new": made, "again": made}, "不能与原密码相同"),
        ({"new": "short", "again": "short"}, "太短"), ({"password": "wrong horse 1"}, "账号或密码不对"),
    ):  # fmt: skip
        answer = desk.form(browser, "/password", wish | wrong)
        assert answer.headers["location"] == "/password?next=%2Fdesk%2Frota"
        assert word in browser.get("/password").text
        assert word not in browser.get("/password").text
    answer = desk.form(browser, "/password", wish)
    assert answer.headers["location"] == "/desk/rota"
    assert browser.get("/api/silences").status_code == 200
    assert browser.get("/desk").status_code == 200
    assert made not in desk.log()


async def test_a_locked_account_is_told_how_long_in_chinese(start: Callable[..., Desk], tokens: dict[str, str]) -> None:
    assert tokens
    desk = start()
    browser = desk.client()
    for _ in range(4):
        desk.form(browser, "/login", {"name": "inspector", "password": "wrong horse 1"})
        assert "账号或密码不对" in browser.get("/login").text
    for password in ("wrong horse 1", PASSWORD):
        desk.form(browser, "/login", {"name": "inspector", "password": password})
        assert re.search("尝试次数过多，请等待 .{1,4}秒后再试", browser.get("/login").text)
    assert "wrong horse" not in desk.log()


async def test_pages_of_others_can_do_nothing(start: Callable[..., Desk], tokens: dict[str, str]) -> None:
    desk = start()
    browser = desk.client()
    page = browser.get("/login")
    token = re.search(r'"value":"([A-Za-z0-9_-]{43})"', page.text)
    assert token is not None
    fields = {"name": "inspector", "password": PASSWORD, "form": token[1]}
    assert "其他网站" in refused(browser.post("/login", data=fields, headers=FOREIGN), 403)
    assert "其他网站" in refused(desk.client(tokens["admin"]).post("/api/silences", json={}, headers=FOREIGN), 403)
    socket = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert "其他网站" in refused(browser.get(socket, headers=FOREIGN), 403)
    assert browser.get(socket, headers={"Origin": desk.base}).status_code != 403
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert browser.get(path, headers=upgrade | FOREIGN).status_code == 403
    # A form of our own, but given to another browser.
    stranger = desk.client()
    stranger.get("/login")
    answer = stranger.post("/login", data=fields, headers={"Origin": desk.base})
    assert answer.headers["location"].startswith("/login")
    assert "yx_session" not in stranger.cookies


async def test_the_cookie_is_for_the_server_alone(start: Callable[..., Desk], tokens: dict[str, str]) -> None:
    assert tokens
    desk = start(MONITOR_DESK__SESSION_H="2")
    browser = desk.client()
    answer = desk.form(browser, "/login", {"name": "inspector", "password": PASSWORD, "next": "https://evil.example/"})
    assert answer.headers["location"] == "/desk"
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("yx_session="))
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=7200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    page = browser.get("/login")
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_over_https_the_cookie_never_travels_in_the_clear(
    start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    assert tokens
    desk = start(MONITOR_ALERTS__PUBLIC_URL="https://jk.yongxing.example")
    page = desk.client().get("/login")
    assert page.headers["set-cookie"].startswith("__Host-yx_form=")
    assert "Secure" in page.headers["set-cookie"]
    assert page.headers["strict-transport-security"]


async def test_a_closed_wall_is_for_accounts_and_health_stays_open(
    url: str, start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    incident(url)
    desk = start(MONITOR_DESK__OPEN_WALL="false")
    nobody = desk.client()
    assert nobody.get("/").headers["location"] == "/login?next=%2F"
    for path in ("/api/sites", "/api/incidents", "/api/points/1/latest"):
        refused(nobody.get(path), 401)
        assert desk.client(tokens["wall"]).get(path).status_code == 200
    for path in ("/healthz", "/readyz", "/metrics"):
        assert nobody.get(path).status_code == 200
    screen = desk.log_in("wall", wanted="/")
    assert screen.headers["X-Led-To"] == "/"
    assert screen.get("/").status_code == 200
    assert screen.get("/api/sites").status_code == 200
    assert screen.get("/desk").status_code == 403


async def test_an_open_wall_is_for_everybody_and_the_rest_never(start: Callable[..., Desk]) -> None:
    desk = start()
    nobody = desk.client()
    assert nobody.get("/").status_code == 200
    assert len(nobody.get("/api/sites").json()) == 12
    for path in ("/api/silences", "/api/rota", "/api/incidents/1"):
        refused(nobody.get(path), 401)
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert nobody.get(path).status_code == 404
    refused(nobody.get("/api/nothing"), 404)
    refused(nobody.put("/api/sites"), 404)


async def test_a_log_in_outlives_a_restart_and_not_another_secret(
    url: str, tmp_path: Path, start: Callable[..., Desk], tokens: dict[str, str]
) -> None:
    assert tokens
    first = start()
    browser = first.log_in("inspector")
    kept = f"yx_session={browser.cookies['yx_session']}"
    first.stop()
    assert (tmp_path / "secrets" / "desk").stat().st_mode & 0o077 == 0
    again = start()
    assert again.client(Cookie=kept).get("/api/silences").status_code == 200
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = Desk(url, elsewhere)
    try:
        other.wait()
        assert other.client(Cookie=kept).get("/api/silences").status_code == 401
    finally:
        other.stop()
