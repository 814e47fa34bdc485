"""Who reads which report, and what a downloaded one is called. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from alerts.actor import is_bound_to_site, may
from alerts.reports.paper import COUNTY, KIND_ZH, Kind

if TYPE_CHECKING:
    from alerts.actor import Actor
    from alerts.reports.store import Stored

#: What no file system takes in a name.
_UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_LONGEST = 60
#: What makes reports besides people, as `store.file` was told.
_MAKERS = {"schedule": "系统定时", "command line": "命令行"}


def may_read(actor: Actor, scope: str) -> bool:
    """Say whether *actor* may read reports of *scope*, a site or the county: an operator those of the own site only."""
    # A site may have been given the county's own word for its id.
    return bool(scope) and may(actor, "see", "" if scope == COUNTY else scope)


def scopes_of(actor: Actor) -> list[str] | None:
    """Return the scopes whose reports *actor* may read; None for all."""
    return (
        [actor.site or ""]
        if is_bound_to_site(actor) and actor.site != COUNTY
        else []
        if is_bound_to_site(actor)
        else None
    )


def may_make(actor: Actor) -> bool:
    """Say whether *actor* may have reports made now: who may acknowledge incidents. House convention."""
    return may(actor, "acknowledge")


def file_name(stored: Stored, ending: str) -> str:
    """Return what the file of a version is called, in Chinese, fit for any file system."""
    paper = stored.paper
    parts = (KIND_ZH[Kind(paper.kind)], paper.scope_name or paper.scope, paper.period, f"第{stored.version}版")
    return "_".join(_UNFIT.sub("-", part).strip(" .")[:_LONGEST] for part in parts) + f".{ending}"


def disposition(name: str, plain: str) -> str:
    """Return the header that names a download: *name* in RFC 5987's way, *plain* (ASCII) for old programs."""
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def maker(made_by: str) -> str:
    """Return who made a version in people's words: an account stands as it is."""
    return _MAKERS.get(made_by, made_by)
