"""The channels file: which name leads to which address.

    [channel.epb-group]
    url = "dingtalk://SECRET@TOKEN/"
    rate_per_min = 15       # optional: less than the family's own cap
    quiet = true            # optional: red and orange come at once, yellow and blue in digests alone

The addresses are secrets: the file must be readable by its owner alone, and no address is ever shown. ``log`` is always there, and
``webhook`` where MONITOR_ALERTS__WEBHOOK_URL is set.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.judge.lines import Lines, TomlError, TomlProblem, problem, read_toml
from alerts.notify import dingtalk, email, feishu, log, other, post, webhook, wecom
from alerts.notify.family import CAPS, NotSentError, mask
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.notify.family import Message

LOG = "log"
WEBHOOK = "webhook"
_FAMILIES: dict[str, Any] = {
    "dingtalk": dingtalk, "wecom": wecom, "feishu": feishu, "email": email, "webhook": webhook, "other": other, "log": log,
}  # fmt: skip
_BY_SCHEME = {scheme: name for name, family in _FAMILIES.items() for scheme in family.SCHEMES}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://.", re.IGNORECASE)
_OTHERS = 0o077


class Channel(msgspec.Struct, frozen=True):
    """Where notices of one name go. *rate_per_min* 0: no cap."""

    name: str
    family: str
    url: str
    rate_per_min: int = 0
    quiet: bool = False

    def __repr__(self) -> str:
        return f"Channel({self.name}, {self.family})"

    async def send(self, message: Message) -> str:
        """Send *message*; return the receipt. Raises NotSentError."""
        try:
            receipt: str = await _FAMILIES[self.family].send(self.url, message)
        except NotSentError:
            raise
        except Exception as exc:  # noqa: BLE001 - a defect of one family must not keep the others' notices back; it is told and tried again
            raise NotSentError(mask(self.url, f"发送出错 (failed): {type(exc).__name__} {exc}"), retry=True) from None
        return receipt


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: str
    rate_per_min: int | None = None
    quiet: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    channel: dict[str, _Entry] = {}


class Channels:
    """The channels in force. The file is read again when it changed; a broken one changes nothing.

    Raises:
        TomlError: the file at the start is missing, open to others, or wrong; with lines and mends.
        SettingsError: *webhook_url* is no address.

    """

    def __init__(self, path: Path | None, webhook_url: str | None = None) -> None:
        self._path = path
        self._own = {LOG: Channel(LOG, "log", "")}
        if webhook_url is not None:
            if not webhook.is_address(webhook_url):
                raise SettingsError("MONITOR_ALERTS__WEBHOOK_URL 不是网址 (not an address).", "如 https://host/path")
            self._own[WEBHOOK] = Channel(WEBHOOK, "webhook", webhook_url)
        #: What keeps the file from being in force, or None.
        self.broken: str | None = None
        self._seen = self._look_of_file()
        self._channels = self._own | self._read()

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names in force."""
        return tuple(self._channels)

    def find(self, name: str) -> Channel:
        """Return the channel of *name*.

        Raises:
            NotSentError: there is none; a person must mend the file, the policy or the registry.

        """
        found = self._channels.get(name)
        if found is None:
            raise NotSentError(f"渠道文件中没有 {name} (no such channel in the channels file).", retry=False)
        return found

    def look(self) -> str:
        """Read the file again if it changed; return what is to be said of that, empty where nothing."""
        now = self._look_of_file()
        if now == self._seen:
            return ""
        self._seen = now
        try:
            found = self._read()
        except TomlError as exc:
            self.broken = f"渠道文件改动未采用，仍按原渠道发送 (change not taken, the old channels stay): {exc}"
            return self.broken
        self.broken = None
        self._channels = self._own | found
        return f"渠道文件已重新读取 (channels read again): {'、'.join(found) or '—'}"

    def _look_of_file(self) -> object:
        if self._path is None:
            return None
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size, stat.st_mode

    def _read(self) -> dict[str, Channel]:
        if self._path is None:
            return {}
        text = _text_of(self._path)
        found = read_toml(text, _File)
        problems = found if isinstance(found, list) else self._wrong(found, Lines(text))
        if problems or isinstance(found, list):
            raise TomlError(str(self._path), problems)
        return {name: _channel(name, entry) for name, entry in found.channel.items()}

    def _wrong(self, file: _File, lines: Lines) -> list[TomlProblem]:
        found = []
        for name, entry in file.channel.items():
            place = f"channel.{name}"
            if name in self._own:
                found.append(
                    problem(lines, place, "这个名称已有固定含义 (name is taken)", "换一个名称 choose another name")
                )
            if not _NAME.fullmatch(name):
                mend = "用小写字母、数字和连字符 use a-z, 0-9 and -"
                found.append(problem(lines, place, "渠道名称不合规 (bad name)", mend))
            if entry.rate_per_min is not None and entry.rate_per_min < 1:
                mend = "写 1 或更大的整数，或删去 write 1 or more, or leave it out"
                found.append(problem(lines, f"{place}.rate_per_min", "每分钟条数不能小于 1 (must be 1 or more)", mend))
            if not _is_address(entry.url):
                mend = "如 dingtalk://SECRET@TOKEN/、wecombot://KEY、feishu://TOKEN、mailtos://…、https://…"
                found.append(problem(lines, f"{place}.url", "地址无法识别 (not an address)", mend))
        return found


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_mode & _OTHERS:
            raise TomlError(
                str(path),
                [TomlProblem(None, "", "渠道地址是机密，而他人可读此文件 (others can read it)", f"chmod 600 {path}")],
            )
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        mend = "检查路径和权限 check path and permissions (MONITOR_ALERTS__CHANNELS_FILE)"
        raise TomlError(str(path), [TomlProblem(None, "", f"无法读取 (cannot be read): {exc.strerror}", mend)]) from exc
    except UnicodeDecodeError as exc:
        raise TomlError(
            str(path), [TomlProblem(None, "", "不是 UTF-8 编码 (not UTF-8)", "另存为 UTF-8 save it as UTF-8")]
        ) from exc


def _family_of(url: str) -> str:
    scheme = _SCHEME.match(url)
    return _BY_SCHEME.get(scheme[1].lower(), "other") if scheme else ""


def _is_address(url: str) -> bool:
    family = _family_of(url)
    if family == WEBHOOK:
        return webhook.is_address(url)
    return bool(family) and post.is_address(url)


def _channel(name: str, entry: _Entry) -> Channel:
    family = _family_of(entry.url)
    cap = CAPS[family].rate_per_min
    # Nobody may ask for more than the robot takes: it would be muted.
    rate = min(one for one in (entry.rate_per_min, cap) if one) if entry.rate_per_min or cap else 0
    return Channel(name, family, entry.url, rate, entry.quiet)
