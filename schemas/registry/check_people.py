"""Proves who is told: people, the order they are called in, and the rotas. Pure.

Whom a message reaches at night is worth as much proof as a limit: a name that belongs elsewhere is a call that nobody answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.registry.check_plants import repeated, unknown
from schemas.registry.places import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schemas.registry.model import Document, Duty, Person, Rota
    from schemas.registry.places import Loc

_OPERATOR = "operator"


def people(document: Document) -> Iterator[Fault]:
    """Yield what is wrong with the bureaus' channels, people, duties and rotas of *document*.

    A person may stand in a rota more than once: who takes every second turn is written twice.
    """
    bureaus = [bureau.id for bureau in document.bureaus]
    sites = [site.id for site in document.sites]
    yield from repeated("编号 id", ((("people", i, "id"), p.id) for i, p in enumerate(document.people)))
    yield from repeated("单位 bureau", ((("duties", i, "bureau"), d.bureau) for i, d in enumerate(document.duties)))
    yield from repeated("单位 bureau", ((("rotas", i, "bureau"), r.bureau) for i, r in enumerate(document.rotas)))
    for i, bureau in enumerate(document.bureaus):
        yield from _once("渠道 channel", bureau.channels, ("bureaus", i, "channels"))
    for i, person in enumerate(document.people):
        yield from _person(person, bureaus, sites, ("people", i))
    known = {person.id: person for person in document.people}
    for i, duty in enumerate(document.duties):
        yield from _duty(duty, bureaus, known, ("duties", i))
    for i, rota in enumerate(document.rotas):
        yield from _rota(rota, bureaus, known, ("rotas", i))


def _person(person: Person, bureaus: list[str], sites: list[str], loc: Loc) -> Iterator[Fault]:
    if person.bureau is not None:
        yield from unknown((*loc, "bureau"), "单位 bureau", person.bureau, bureaus)
    if person.site is not None:
        yield from unknown((*loc, "site"), "站点 site", person.site, sites)
    yield from _belongs(person, loc)
    yield from _once("渠道 channel", person.channels, (*loc, "channels"))


def _belongs(person: Person, loc: Loc) -> Iterator[Fault]:
    """Yield the fault that *person* has not exactly one of bureau and site, or a role that does not go with it."""
    if person.bureau is not None and person.site is not None:
        said = "既写了单位又写了站点，只能属于其一 a person has a bureau or a site, not both"
        yield Fault(
            (*loc, "site"), said, "企业运维人员删去 bureau，其他人删去 site (operators keep site, others bureau)"
        )
    elif person.bureau is None and person.site is None:
        said = "没有写所属的单位或站点 neither bureau nor site is written"
        mend = "补上 site (add site)" if person.role == _OPERATOR else "补上 bureau (add bureau)"
        yield Fault(loc, said, mend)
    elif person.site is not None and person.role != _OPERATOR:
        said = f"站点的人只能是企业运维 only an operator belongs to a site, not {person.role}"
        yield Fault((*loc, "role"), said, "写 role: operator，或以 bureau 代替 site (or write bureau for site)")
    elif person.bureau is not None and person.role == _OPERATOR:
        said = "企业运维人员属于站点，不属于单位 an operator belongs to a site, not to a bureau"
        yield Fault((*loc, "role"), said, "以 site 代替 bureau，或改正 role (write site for bureau, or another role)")


def _duty(duty: Duty, bureaus: list[str], known: Mapping[str, Person], loc: Loc) -> Iterator[Fault]:
    yield from unknown((*loc, "bureau"), "单位 bureau", duty.bureau, bureaus)
    yield from _own_people(duty.people, duty.bureau, known, (*loc, "people"))
    yield from _once("人员 person", duty.people, (*loc, "people"))


def _rota(rota: Rota, bureaus: list[str], known: Mapping[str, Person], loc: Loc) -> Iterator[Fault]:
    yield from unknown((*loc, "bureau"), "单位 bureau", rota.bureau, bureaus)
    yield from _own_people(rota.people, rota.bureau, known, (*loc, "people"))
    yield from _own_people(rota.rest_days, rota.bureau, known, (*loc, "rest_days"))


def _own_people(ids: Sequence[str], bureau: str, known: Mapping[str, Person], loc: Loc) -> Iterator[Fault]:
    for index, key in enumerate(ids):
        person = known.get(key)
        if person is None:
            yield from unknown((*loc, index), "人员 person", key, list(known))
        elif person.bureau != bureau:
            said = f"{key} 不是 {bureau} 的人 is not of that bureau but of {person.bureau or person.site or '—'}"
            yield Fault((*loc, index), said, "换成本单位的人，或改正其 bureau (name one of the bureau's own people)")


def _once(what: str, ids: Sequence[str], loc: Loc) -> Iterator[Fault]:
    yield from repeated(what, (((*loc, index), key) for index, key in enumerate(ids)))
