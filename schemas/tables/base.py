"""What all tables share: the collection they stand in, and two kinds of columns."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TIMESTAMP

metadata = sa.MetaData()


def when(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[object]:
    """Return a column of an instant; *default*: the transaction's."""
    return sa.Column(
        name, TIMESTAMP(timezone=True), nullable=nullable, server_default=sa.text("now()") if default else None
    )


def number(name: str) -> sa.Column[int]:
    """Return a key that the database counts up."""
    return sa.Column(name, sa.BigInteger, sa.Identity(always=True), primary_key=True)
