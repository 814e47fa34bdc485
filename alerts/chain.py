"""The proof that the history of the duty desk is as it was written: each line holds the digest of the line before it.

``digest = sha256(digest before + text of the line)``; the text is made by the database: place in the chain, number, incident,
microseconds since 1970, kind, actor, body. The head keeps how many lines there are, so that the last cannot be cut off unseen.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from schemas.runtime.database import Database

_AT_ONCE = 2000


class BrokenLine(NamedTuple):
    """The first line that does not hold: its place in the chain, and why."""

    seq: int
    why: str


async def verify(db: Database) -> tuple[int, BrokenLine | None]:
    """Walk the history; return how many lines hold, and the first that does not."""
    held, previous = 0, None
    # The head first: lines that are written meanwhile are walked too, none is missed.
    head_seq, head = (await db.fetch("chain_head"))[0]
    while rows := await db.fetch("chain_walk", after=held, at_most=_AT_ONCE):
        for seq, digest, claimed, said in rows:
            why = _fault(seq, held, digest, claimed, previous, said)
            if why:
                return held, BrokenLine(seq, why)
            if seq == head_seq and digest != head:
                return held, BrokenLine(seq, "末行与链头不符 (the last line is not the one the head names)")
            held, previous = seq, digest
    if held < head_seq:
        return held, BrokenLine(held + 1, f"缺少末尾 {head_seq - held} 行 (the last lines are missing)")
    return held, None


def _fault(seq: int, held: int, digest: bytes, claimed: bytes | None, previous: bytes | None, said: bytes) -> str:
    if seq != held + 1:
        return f"第 {held + 1} 行缺失 (a line is missing)"
    if claimed != previous:
        return "与前一行不相连 (does not follow the line before)"
    if hashlib.sha256((claimed or b"") + said).digest() != digest:
        return "内容与摘要不符 (the line was changed)"
    return ""
