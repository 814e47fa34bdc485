from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from alerts.judge.lines import TomlError
from alerts.notify.channels import Channel, Channels
from alerts.notify.family import CAPS, Message, NotSentError
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "5ec7e75ec7e7"
GOOD = f"""
[channel.epb-group]
url = "dingtalk://{SECRET}/"
rate_per_min = 15

[channel.chief]
url = "mailtos://desk:{SECRET}@mail.example.org/?to=chief@example.org"
quiet = true

[channel.exchange]
url = "https://exchange.example/in?token={SECRET}"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "channels.toml"
    write(path, GOOD)
    return path


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def channel_of(url: str, more: str, path: Path) -> Channel:
    write(path, f'[channel.a]\nurl = "{url}"\n{more}\n')
    return Channels(path).find("a")


def test_without_a_file_there_is_the_log_and_the_webhook_that_is_set() -> None:
    assert Channels(None).names == ("log",)
    assert Channels(None, "https://exchange.example/").names == ("log", "webhook")
    assert Channels(None).look() == ""


def test_names_lead_to_addresses(file: Path) -> None:
    channels = Channels(file)
    assert channels.names == ("log", "epb-group", "chief", "exchange")
    assert [channels.find(name).family for name in channels.names] == ["log", "dingtalk", "email", "webhook"]
    assert [channels.find(name).quiet for name in channels.names] == [False, False, True, False]
    with pytest.raises(NotSentError, match="nobody") as caught:
        channels.find("nobody")
    assert not caught.value.retry


@pytest.mark.parametrize(
    ("url", "family"),
    [
        ("dingtalk://abc123/", "dingtalk"),
        ("wecombot://abc-123_x", "wecom"),
        ("feishu://abc-123", "feishu"),
        ("mailto://bob:pw@example.org", "email"),
        ("http://127.0.0.1:8000/x", "webhook"),
        ("jsons://example.org/x", "webhook"),
        ("clicksend://user:key@13800000000", "other"),
        ("DINGTALK://abc123/", "dingtalk"),
    ],
)
def test_the_family_is_read_off_the_scheme(url: str, family: str, tmp_path: Path) -> None:
    assert channel_of(url, "", tmp_path / "c.toml").family == family


@pytest.mark.parametrize(
    ("url", "more", "rate"),
    [
        ("dingtalk://abc123/", "", 20),
        ("dingtalk://abc123/", "rate_per_min = 5", 5),
        ("dingtalk://abc123/", "rate_per_min = 500", 20),
        ("feishu://abc-123", "", 100),
        ("https://example.org/x", "", 0),
        ("https://example.org/x", "rate_per_min = 5", 5),
    ],
)
def test_a_channel_may_be_slower_than_its_robot_never_faster(url: str, more: str, rate: int, tmp_path: Path) -> None:
    assert channel_of(url, more, tmp_path / "c.toml").rate_per_min == rate


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[channel.a]\nurl = 3\n", "第 2 行 line 2: channel.a.url"),
        ("[channel.a]\n", "channel.a.url: 缺少"),
        ('[channel.a]\nurl = "dingtalk://abc/"\nrate = 3\n', "rate_per_min"),
        ('[channel.a]\nurl = "dingtalk://abc/"\nrate_per_min = 0\n', "第 3 行 line 3: channel.a.rate_per_min"),
        (f'[channel.a]\nurl = "dingtalk:/{SECRET}"\n', "第 2 行 line 2: channel.a.url"),
        (f'[channel.a]\nurl = "nothing://{SECRET}"\n', "channel.a.url"),
        (f'[channel.a]\nurl = "dingtalk://{SECRET}-not-a-token/"\n', "channel.a.url"),
        (f'[channel.a]\nurl = "http://host:99999/{SECRET}"\n', "channel.a.url"),
        ('[channel.log]\nurl = "dingtalk://abc/"\n', "第 1 行 line 1: channel.log"),
        ('[channel."A b"]\nurl = "dingtalk://abc/"\n', "渠道名称不合规"),
        ('[channel.a]\nurl = "dingtalk://abc\n', "TOML"),
        ('[chanel.a]\nurl = "dingtalk://abc/"\n', "channel"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_mend_and_without_its_secrets(text: str, said: str, file: Path) -> None:
    write(file, text)
    with pytest.raises(TomlError) as caught:
        Channels(file)
    assert said in str(caught.value)
    assert "→" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o601])
def test_a_file_that_others_can_touch_is_refused_with_the_command_that_mends_it(mode: int, file: Path) -> None:
    file.chmod(mode)
    with pytest.raises(TomlError, match="chmod 600"):
        Channels(file)


def test_a_missing_file_and_one_that_is_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TomlError, match="MONITOR_ALERTS__CHANNELS_FILE"):
        Channels(tmp_path / "no.toml")
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    with pytest.raises(TomlError, match="UTF-8"):
        Channels(path)


def test_a_webhook_setting_that_is_no_address_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError) as caught:
        Channels(None, f"exchange.example/{SECRET}")
    assert SECRET not in str(caught.value)


def test_a_changed_file_is_read_again_and_said_once(file: Path) -> None:
    channels = Channels(file)
    assert channels.look() == ""
    write(file, '[channel.new]\nurl = "feishu://abc"\n')
    assert "new" in channels.look()
    assert channels.names == ("log", "new")
    assert channels.look() == ""


@pytest.mark.parametrize("trouble", ["syntax", "mode", "gone"])
def test_a_change_for_the_worse_is_said_once_and_changes_nothing(trouble: str, file: Path) -> None:
    channels = Channels(file)
    if trouble == "syntax":
        write(file, "[channel")
    elif trouble == "mode":
        file.chmod(0o644)
    else:
        file.unlink()
    said = channels.look()
    assert "仍按原渠道发送" in said
    assert SECRET not in said
    assert channels.names == ("log", "epb-group", "chief", "exchange")
    assert channels.look() == ""
    write(file, GOOD)
    os.utime(file, ns=(1, 1))
    assert "重新读取" in channels.look()


def test_an_address_is_never_shown(file: Path) -> None:
    channels = Channels(file)
    assert SECRET not in repr([channels.find(name) for name in channels.names])


async def test_a_defect_of_a_family_is_an_outage_of_its_channel_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_url: str, _message: Message) -> str:
        raise ZeroDivisionError(f"at {SECRET}")

    monkeypatch.setattr("alerts.notify.dingtalk.send", broken)
    with pytest.raises(NotSentError, match="ZeroDivisionError at") as caught:
        await Channels(file).find("epb-group").send(Message("k", "t", "t", "", "red"))
    assert caught.value.retry
    assert SECRET not in str(caught.value)


def test_each_cap_says_where_it_is_from() -> None:
    assert all(caps.source and not caps.verified for caps in CAPS.values())
