"""Who acts, and what each role may do: one table, asked by the acts, the pages, the API and the command line alike. Pure."""

from __future__ import annotations

import msgspec

from schemas.catalog.duty import Role
from schemas.errors import UseError


class NotAllowedError(UseError):
    """The account may not do that."""


class NotFoundError(UseError):
    """What the act names is not there."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is logged in or sent a token. *person*: its id in the registry's people; *site*: an operator's own."""

    name: str
    role: Role
    person: str | None = None
    site: str | None = None


_CHIEFS = frozenset({Role.ADMIN, Role.BUREAU})
_INSPECTORS = _CHIEFS | {Role.INSPECTOR}
_EVERYBODY = frozenset(Role)

#: Act → roles that may do it everywhere. House convention (the issue of the duty desk); see `Role` for who they are.
_MAY = {
    #: Look at the wall and read values.
    "wall": _EVERYBODY,
    #: Read an incident's whole history, who did what, and the rota: names of people stand there.
    "see": _INSPECTORS,
    "acknowledge": _INSPECTORS,
    "note": _INSPECTORS,
    "feedback": _INSPECTORS,
    "reassign": _INSPECTORS,
    "settle": _INSPECTORS,
    "silence": _CHIEFS,
    "swap": _CHIEFS,
    #: Release a report to the public, or take it back.
    "publish": _CHIEFS,
    "accounts": frozenset({Role.ADMIN}),
}
#: What an operator may do besides, for incidents of the own site.
_AT_OWN_SITE = frozenset({"see", "note", "feedback"})


def may(actor: Actor, act: str, incident_site: str = "") -> bool:
    """Say whether *actor* may do *act* where the site *incident_site* is concerned ("" for none in particular).

    Raises:
        KeyError: there is no such act: a defect of the caller, never a yes.

    """
    if actor.role in _MAY[act]:
        return True
    is_own = bool(actor.site) and actor.site == incident_site
    return actor.role is Role.OPERATOR and is_own and act in _AT_OWN_SITE


def is_bound_to_site(actor: Actor) -> bool:
    """Say whether *actor* sees one site only: `actor.site`."""
    return actor.role is Role.OPERATOR


__all__ = ["Actor", "NotAllowedError", "NotFoundError", "UseError", "is_bound_to_site", "may"]
