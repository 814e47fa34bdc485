"""Writes the README's account of one plant and one day, from readings to verdict. Run: python docs/gen_day.py.

The simulator's bytes of a fixed seed and span go through the real batch, writer, deriving and judging on a database of
its own; the clock is fixed, so that the same program writes the same lines.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from alerts.explain import explain
from alerts.judge.round import Round
from ingest.batch import build
from ingest.context import Caps, Context
from ingest.derive.rounds import Rounds
from ingest.index import index_of
from ingest.write import Writer
from schemas.records import Message
from schemas.registry import document, store
from schemas.runtime import database
from schemas.runtime.embedded import EmbeddedPostgres
from schemas.runtime.folder import DataFolder
from schemas.runtime.migrate import migrate
from schemas.runtime.settings import AlertSettings, IngestSettings
from schemas.times import SHANGHAI
from simulator import fleet, scenario
from simulator.example import example_path, scenario_path

if TYPE_CHECKING:
    from schemas.registry.model import Document
    from schemas.registry.store import Registry

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- day:begin -->", "<!-- day:end -->"
SITE, SUBJECT, DAY = "mt-wwtp", "mt-wwtp/DW001/w21003", date(2026, 11, 20)
UNTIL = datetime(2026, 11, 21, 0, 30, tzinfo=SHANGHAI)
NOW = UNTIL + timedelta(hours=1)
SEED, DAYS = 1, 2
#: A device publishes a reading so long after it was measured.
_TRAVEL_US = 1_000_000
_MESSAGES_AT_ONCE = 500
_WAIT_S = 60


def messages(county: Document) -> list[Message]:
    """Return what the plant sends live in the two days before UNTIL, each received a second after its instant."""
    story = scenario.load(scenario_path("first_morning"), county)
    alone = county.model_copy(update={"sites": [site for site in county.sites if site.id == SITE]})
    found: list[Message] = []
    for topic, payload in fleet.dry_run(alone, scenario=story, seed=SEED, days=DAYS, until=UNTIL, batch=1):
        sent_us = msgspec.json.decode(payload)["ts"] * 1000
        found.append(Message(topic, payload, sent_us + _TRAVEL_US, len(found) + 1, 1))
    return found


def _context(registry: Registry) -> Context:
    index, counters = index_of(registry)
    own = IngestSettings()
    caps = Caps(**{name: getattr(own, name) for name in Caps.__struct_fields__})
    return Context(index=index, counters=counters, root="yx/v1", caps=caps)


async def block(url: str) -> str:
    """Return the account of SUBJECT on DAY, made on the migrated and empty database at *url*."""
    county = document.load_checked(example_path())
    async with database.connect(url, "docs") as db:
        await store.apply(db, county, applied_by="docs")
        registry = await store.current(db)
        assert registry is not None
        context, writer = _context(registry), Writer(db, "docs")
        await writer.prepare()
        sent = messages(county)
        for begin in range(0, len(sent), _MESSAGES_AT_ONCE):
            await writer.write(build(sent[begin : begin + _MESSAGES_AT_ONCE], context), context)
        rounds, judge = Rounds(db, 100_000), Round(db, AlertSettings())
        while (await rounds.round(NOW)).marks:
            pass
        while (await judge.round(NOW)).facts:
            pass
        text = await explain(db, SUBJECT, DAY, stable=True)
    # In the README it is one section among others: its own headings stand two steps lower.
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in text.splitlines())


async def _made(folder: Path) -> str:
    data = DataFolder(folder)
    data.prepare()
    postgres = EmbeddedPostgres(data)
    postgres.prepare()
    with (data.logs / "postgres.log").open("wb") as log:
        process = subprocess.Popen(postgres.argv, stdout=log, stderr=log, cwd="/")  # noqa: ASYNC220, S603 - our own server
        try:
            until = time.monotonic() + _WAIT_S
            while not await postgres.ready():
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"PostgreSQL does not start: {(data.logs / 'postgres.log').read_text()[-400:]}")
                await asyncio.sleep(0.1)
            await asyncio.to_thread(migrate, postgres.url)
            return await block(postgres.url)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_WAIT_S)


def between(text: str) -> str:
    """Return what stands between the markers of *text*."""
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip()


def main() -> None:
    """Write the account into the README, between its markers."""
    with tempfile.TemporaryDirectory(prefix="monitor-docs-") as folder:
        made = asyncio.run(_made(Path(folder)))
    text = README.read_text(encoding="utf-8")
    head, rest = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    README.write_text(f"{head}\n{made}\n{rest}", encoding="utf-8")


if __name__ == "__main__":
    main()
