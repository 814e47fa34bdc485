"""The words of a PDF of ours, read from its bytes as a reader would: page contents through each font's own map to Unicode."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\r?\n(.*?)\r?\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_TOKEN = re.compile(rb"/(f\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|(\()")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def words(pdf: bytes) -> list[str]:
    """Return the words of each page, without spaces and breaks."""
    objects = dict(_OBJECT.findall(pdf))
    pages = [body for body in objects.values() if re.search(rb"/Type/Page\b(?!s)", body)]
    return ["".join(_page(body, objects).split()).replace("\u200b", "") for body in pages]


def _page(page: bytes, objects: dict[bytes, bytes]) -> str:
    [resources] = re.findall(rb"/Resources (\d+) 0 R", page)
    [contents] = re.findall(rb"/Contents (\d+) 0 R", page)
    fonts = {
        name: _map(objects[re.findall(rb"/ToUnicode (\d+) 0 R", objects[number])[0]])
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", objects[resources])
    }
    content, at = _unpacked(objects[contents]), 0
    said, font = "", dict[bytes, str]()
    while token := _TOKEN.search(content, at):
        name, digits, _opens = token.groups()
        at = token.end()
        if name:
            font = fonts[name]
            continue
        codes = bytes.fromhex(digits.decode()) if digits else b""
        if not digits:
            codes, at = _literal(content, at)
        said += "".join(font.get(codes[n : n + 2], "") for n in range(0, len(codes), 2))
    return said


def _literal(content: bytes, start: int) -> tuple[bytes, int]:
    """Return the string that begins at *start*, behind its bracket, and where it ends: balanced brackets stand in it as they are."""
    depth, at = 1, start
    while depth:
        one = content[at : at + 1]
        depth += {b"(": 1, b")": -1}.get(one, 0)
        at += 2 if one == b"\\" else 1
    return _ESCAPE.sub(_plain, content[start : at - 1]), at


def _map(body: bytes) -> dict[bytes, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", _unpacked(body))
    return {bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _unpacked(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found is not None
    return zlib.decompress(found.group(1))


def _plain(escape: re.Match[bytes]) -> bytes:
    said = escape.group(1)
    return bytes([int(said, 8)]) if said[:1].isdigit() else _NAMED.get(said, said)
