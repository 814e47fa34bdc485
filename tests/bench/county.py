"""The benchmark's county: one sewage plant a device, eight water factors each, ranges that admit what is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import UseError
from schemas.registry import store
from schemas.registry.check import check
from schemas.registry.model import Document
from schemas.runtime import database
from tests.bench.packets import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "bench county"


def document(devices: int) -> Document:
    """Return a registry of *devices* sites with one device each."""
    points = [{"factor": factor, "interval_s": 1} for factor, _, _, _ in SIGNALS]
    sites = [
        {
            "id": f"plant-{number:03d}",
            "name": f"plant {number}",
            "kind": "sewage_plant",
            "town": "bench",
            "lead_bureau": "epb",
            "devices": [{"id": "outlet", "name": "outlet", "points": points}],
        }
        for number in range(devices)
    ]
    found = Document.model_validate(
        {"county": {"name": NAME, "code": "431023"}, "bureaus": [{"id": "epb", "name": "epb"}], "sites": sites}
    )
    problems = check(found)
    assert not problems, problems
    return found


def devices_of(county: Document) -> Iterator[tuple[str, str]]:
    """Return (site, device) of every device."""
    return ((site.id, device.id) for site in county.sites for device in site.devices)


async def apply(url: str, county: Document) -> None:
    """Make *county* the registry in force.

    Raises:
        UseError: the database serves another county; a benchmark would empty it.

    """
    async with database.connect(url, "bench") as db:
        before = await store.current(db)
        if before is not None and before.document.county.name != NAME:
            raise UseError("this database serves a real county", "Give the benchmark an empty one.")
        await store.apply(db, county, applied_by="bench")
