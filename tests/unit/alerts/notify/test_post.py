"""The real plug-ins of apprise against real servers on loopback."""

from __future__ import annotations

import asyncio
import logging
import threading
from email import message_from_string
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from alerts.notify import dingtalk, email, feishu, other, post, webhook, wecom
from alerts.notify.family import CAPS, Message, NotSentError
from schemas.runtime.folder import any_free_port
from tests.integration.receivers import ROBOT_OK, Web, mailbox, web

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "f00dfacef00dface"
LINK = "https://desk.example/?incident=7"
MESSAGE = Message(
    key="7/41/epb-group/chen",
    title="【红色预警】城关污水处理厂：污水日均值超标",
    text=f"【红色预警】城关污水处理厂：污水日均值超标\n最近值：62.34 mg/L\n{LINK}",
    link=LINK,
    level="red",
    body={"incident_id": 7},
)
ROBOTS: list[Any] = [
    (dingtalk, NotifyDingTalk, f"dingtalk://{TOKEN}/", "/send?access_token={token}", ("text", "content"), 310000),
    (wecom, NotifyWeComBot, f"wecombot://{TOKEN}", "/send?key={key}", ("text", "content"), 93000),
    (feishu, NotifyFeishu, f"feishu://{TOKEN}", "/hook/{token}/", ("content", "text"), 19024),
]
EACH_ROBOT = pytest.mark.parametrize("robot", ROBOTS, ids=["dingtalk", "wecom", "feishu"])


@pytest.fixture
def server() -> Iterator[Web]:
    with web(ROBOT_OK) as one:
        yield one


def aim(robot: Any, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robot[1], "notify_url", where + robot[3])


async def refused(robot: Any) -> NotSentError:
    with pytest.raises(NotSentError) as caught:
        await robot[0].send(robot[2], MESSAGE)
    assert TOKEN not in str(caught.value)
    return caught.value


@EACH_ROBOT
async def test_a_robot_gets_the_whole_text_with_number_and_link(
    robot: Any, server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim(robot, server.url, monkeypatch)
    receipt = await robot[0].send(robot[2], MESSAGE)
    [taken] = server.taken
    outer, inner = robot[4]
    assert taken.body[outer][inner] == MESSAGE.text.replace(LINK, f"通知号：{MESSAGE.key}\n{LINK}")
    assert TOKEN in taken.path
    assert receipt.endswith(" 0")


@EACH_ROBOT
async def test_a_robot_that_says_no_with_status_200_has_not_taken_it(
    robot: Any, server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim(robot, server.url, monkeypatch)
    code = robot[5]
    server.answer = lambda _: (200, f'{{"errcode":{code},"errmsg":"bad {TOKEN}","code":{code},"msg":"bad {TOKEN}"}}')
    why = await refused(robot)
    assert not why.retry
    assert str(code) in str(why)
    assert "bad ***" in str(why)


@EACH_ROBOT
async def test_a_robot_that_is_asked_too_often_is_asked_later(
    robot: Any, server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim(robot, server.url, monkeypatch)
    caps = CAPS[robot[0].__name__.rpartition(".")[2]]
    server.answer = lambda _: (200, f'{{"{caps.code}": {caps.busy[-1]}}}')
    assert (await refused(robot)).retry


@EACH_ROBOT
@pytest.mark.parametrize("text", ["<html>log in first</html>", "[]", "{}", '{"errcode":"x","code":null}', ""])
async def test_an_answer_that_is_no_robots_is_not_taken_for_one(
    robot: Any, text: str, server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim(robot, server.url, monkeypatch)
    server.answer = lambda _: (200, text)
    assert (await refused(robot)).retry


@EACH_ROBOT
@pytest.mark.parametrize(
    ("status", "retry"), [(400, False), (403, False), (404, False), (408, True), (429, True), (500, True), (503, True)]
)
async def test_a_refusal_waits_for_a_person_and_an_outage_for_time(
    robot: Any,
    status: int,
    retry: bool,  # noqa: FBT001 - a row of the table
    server: Web,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aim(robot, server.url, monkeypatch)
    server.answer = lambda _: (status, "no")
    why = await refused(robot)
    assert why.retry is retry
    assert str(status) in str(why)


@EACH_ROBOT
async def test_nobody_there_is_an_outage_and_the_reason_is_told(robot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    aim(robot, f"http://127.0.0.1:{any_free_port('127.0.0.1', None)}", monkeypatch)
    why = await refused(robot)
    assert why.retry
    assert "refused" in str(why)


@EACH_ROBOT
async def test_a_redirect_is_not_followed_for_the_address_is_a_secret(
    robot: Any, server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim(robot, server.url, monkeypatch)
    server.answer = lambda _: (302, "")
    await refused(robot)
    assert len(server.taken) == 1


async def test_a_slow_server_is_cut_and_one_that_always_hangs_is_left_alone(
    server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim(ROBOTS[0], server.url, monkeypatch)
    # The plug-in itself must not be quicker than the cut.
    monkeypatch.setattr(post, "_prepare", lambda *_: None)
    server.stuck.clear()
    for _ in range(post._MOST_HANGING):
        with pytest.raises(NotSentError, match="无应答") as caught:
            await post.send(ROBOTS[0][2], "", "x", timeout_s=0.05)
        assert caught.value.retry
    with pytest.raises(NotSentError, match="仍无结果"):
        await post.send(ROBOTS[0][2], "", "x", timeout_s=5)
    server.stuck.set()
    for thread in [one for one in threading.enumerate() if one.name == "notify"]:
        await asyncio.to_thread(thread.join, 10)
    await post.send(ROBOTS[0][2], "", "x", timeout_s=5)


async def test_apprise_writes_no_address_into_our_log(server: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ours(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    lines: list[str] = []
    # The root's level in service, see logs.setup; pytest's own catching sees loggers that do not propagate too.
    ours = Ours(logging.INFO)
    logging.getLogger().addHandler(ours)
    try:
        aim(ROBOTS[0], server.url, monkeypatch)
        server.answer = lambda _: (403, "no")
        await refused(ROBOTS[0])
    finally:
        logging.getLogger().removeHandler(ours)
    assert lines == []


async def test_an_address_that_cannot_be_read_waits_for_a_person() -> None:
    with pytest.raises(NotSentError) as caught:
        await other.send("nothing://", MESSAGE)
    assert not caught.value.retry


async def test_any_other_family_of_apprise_is_passed_through(server: Web) -> None:
    receipt = await other.send(server.url.replace("http", "json") + "/sms", MESSAGE)
    assert f"通知号：{MESSAGE.key}" in server.taken[0].body["message"]
    assert receipt.startswith("HTTP 200")


async def test_a_mail_has_subject_text_and_key() -> None:
    with mailbox() as box:
        url = f"mailto://127.0.0.1:{box.port}/?from=desk@example.org&to=chen@example.org"
        assert await email.send(url, MESSAGE) == "SMTP 250"
        [raw] = box.mails
        assert box.recipients == [["chen@example.org"]]
    mail = message_from_string(raw)
    assert str(make_header(decode_header(mail["Subject"]))) == MESSAGE.title
    assert mail["X-Notice-Key"] == MESSAGE.key
    assert len(mail.get_all("Message-ID", [])) == 1
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert f"通知号：{MESSAGE.key}" in body.decode()
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize(("reply", "retry"), [("554 5.7.1 spam", False), ("451 4.3.0 later", True)])
async def test_a_mail_server_that_refuses_says_so_and_whether_for_good(reply: str, retry: bool) -> None:  # noqa: FBT001 - a row
    with mailbox(reply) as box, pytest.raises(NotSentError) as caught:
        await email.send(f"mailto://127.0.0.1:{box.port}/?from=desk@example.org&to=chen@example.org", MESSAGE)
    assert caught.value.retry is retry
    assert reply[:3] in str(caught.value)


async def test_no_mail_server_is_an_outage() -> None:
    port = any_free_port("127.0.0.1", None)
    with pytest.raises(NotSentError) as caught:
        await email.send(f"mailto://bob:hunter2secret@127.0.0.1:{port}/?from=desk@example.org", MESSAGE)
    assert caught.value.retry
    assert "hunter2secret" not in str(caught.value)


async def test_a_webhook_gets_the_whole_incident_and_the_key_twice(server: Web) -> None:
    assert await webhook.send(f"{server.url}/hook", MESSAGE) == "HTTP 200"
    [taken] = server.taken
    assert taken.headers["Idempotency-Key"] == taken.body["key"] == MESSAGE.key
    assert taken.body["incident"] == MESSAGE.body
    assert taken.body["text"] == MESSAGE.text


@pytest.mark.parametrize(("status", "retry"), [(400, False), (410, False), (429, True), (302, True), (500, True)])
async def test_a_webhook_says_whether_for_good(status: int, retry: bool, server: Web) -> None:  # noqa: FBT001 - a row
    server.answer = lambda _: (status, "")
    with pytest.raises(NotSentError, match=f"HTTP {status}") as caught:
        await webhook.send(f"{server.url}/hook/secret-path", MESSAGE)
    assert caught.value.retry is retry
    assert "secret-path" not in str(caught.value)


async def test_a_slow_webhook_is_cut(server: Web) -> None:
    server.stuck.clear()
    with pytest.raises(NotSentError, match="无应答") as caught:
        await webhook.send(server.url, MESSAGE, timeout_s=0.05)
    assert caught.value.retry


@pytest.mark.parametrize("where", ["http://127.0.0.1:{port}/x", "json://127.0.0.1:{port}/x", "http:///"])
async def test_a_webhook_that_is_not_there_is_an_outage(where: str) -> None:
    with pytest.raises(NotSentError) as caught:
        await webhook.send(where.format(port=any_free_port("127.0.0.1", None)), MESSAGE)
    assert caught.value.retry
