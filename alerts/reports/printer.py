"""PDFs made in a process of their own, few at once: setting one takes a second and much memory, which the desk must get back.

Run as a program it reads one order from stdin and writes the PDF to stdout.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

import msgspec

from alerts.reports.paper import Paper
from schemas.errors import MonitorError, StartError

#: House convention: the desk serves pages meanwhile.
_AT_ONCE = 2
_WITHIN_S = 60.0
_REFUSED = 3
_PROGRAM = ("-m", "alerts.reports.printer")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be printed."""

    paper: Paper
    version: int
    made_at: datetime
    changes: tuple[str, ...] = ()


class _Refusal(msgspec.Struct, frozen=True):
    sentence: str
    mend: str


class Printer:
    """Prints for one event loop."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def document(self, order: Order) -> bytes:
        """Return the PDF of *order*, as `pdf.document` makes it.

        Raises:
            MonitorError: no Chinese font, or it was not set; the sentence says which.

        """
        async with self._turns:
            program = await asyncio.create_subprocess_exec(
                sys.executable, *_PROGRAM,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                made, said = await asyncio.wait_for(program.communicate(msgspec.json.encode(order)), _WITHIN_S)
            except TimeoutError as exc:
                raise MonitorError("PDF 排版超时 (setting the PDF took too long).", "请下载 XLSX") from exc
            finally:
                if program.returncode is None:
                    program.kill()
                    await program.wait()
        if program.returncode == _REFUSED:
            refusal = msgspec.json.decode(said, type=_Refusal)
            raise StartError(refusal.sentence, refusal.mend)
        if program.returncode != 0:
            last = said.decode(errors="replace").strip().rpartition("\n")[2]
            raise MonitorError(f"PDF 排版失败 (the PDF was not set): {last[:200]}.", "请下载 XLSX，并报告此问题")
        return made


def main() -> int:
    """Print the order on stdin to stdout; return the exit code: 3 with a refusal on stderr."""
    from alerts.reports.pdf import document

    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    try:
        made = document(order.paper, version=order.version, made_at=order.made_at, changes=order.changes)
    except MonitorError as exc:
        sys.stderr.buffer.write(msgspec.json.encode(_Refusal(exc.sentence, exc.mend)))
        return _REFUSED
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
