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
OUTLET = "DW001"
#: What an outlet in order says of each factor; it stays within class 1-A of GB 18918-2002 up to a tenth above.
IN_ORDER = {
    "w00000": 200.0,
    "w01001": 7.2,
    "w01010": 20.0,
    "w01012": 6.0,
    "w01018": 30.0,
    "w21001": 10.0,
    "w21003": 2.0,
    "w21011": 0.3,
}
#: One plant in so many is over its limit, in ammonia: a county where all are compliant would make no incidents.
ONE_IN = 50
_OVER = {"w21003": 9.0}


def document(devices: int, *, interval_s: int = 1, outlets: bool = False) -> Document:
    """Return a registry of *devices* sites with one device each; with *outlets* there is something to judge."""
    points = [{"factor": factor, "interval_s": interval_s} for factor, _, _, _ in SIGNALS]
    outlet = {
        "id": OUTLET,
        "name": "outlet",
        "device": "outlet",
        "standard": "GB18918-1A",
        "eia_approved": "2010-01-01",
    }
    sites = [
        {
            "id": f"plant-{number:03d}",
            "name": f"plant {number}",
            "kind": "sewage_plant",
            "town": "bench",
            "lead_bureau": "epb",
            "devices": [{"id": "outlet", "name": "outlet", "points": points}],
            "outlets": [outlet] if outlets else [],
        }
        for number in range(devices)
    ]
    found = Document.model_validate(
        {"county": {"name": NAME, "code": "431023"}, "bureaus": [{"id": "epb", "name": "epb"}], "sites": sites}
    )
    problems = check(found)
    assert not problems, problems
    return found


def says(site: str, factor: str) -> float:
    """Return about what *site* says of *factor*."""
    is_over = int(site.rpartition("-")[2]) % ONE_IN == 0
    return _OVER.get(factor, IN_ORDER[factor]) if is_over else IN_ORDER[factor]


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
