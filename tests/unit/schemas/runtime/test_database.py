from __future__ import annotations

import psycopg
import pytest

from schemas.errors import DatabaseError, DatabaseUnavailableError, DataRefusedError, KeyTakenError
from schemas.runtime.database import _house_errors


@pytest.mark.parametrize(
    ("sqlstate", "becomes"),
    [
        ("08006", DatabaseUnavailableError),  # connection failure
        ("25006", DatabaseUnavailableError),  # read-only after a failover
        ("40001", DatabaseUnavailableError),  # serialization failure
        ("40P01", DatabaseUnavailableError),  # deadlock
        ("53100", DatabaseUnavailableError),  # disk full
        ("53200", DatabaseUnavailableError),  # out of memory
        ("53300", DatabaseUnavailableError),  # too many connections
        ("55P03", DatabaseUnavailableError),  # lock not available
        ("57014", DatabaseUnavailableError),  # statement timeout
        ("57P01", DatabaseUnavailableError),  # shut down by the administrator
        ("57P03", DatabaseUnavailableError),  # starting up
        ("58030", DatabaseUnavailableError),  # I/O error
        ("22003", DataRefusedError),  # out of range
        ("22P05", DataRefusedError),  # character that the encoding has not
        ("23502", DataRefusedError),  # null
        ("23514", DataRefusedError),  # check, or no partition
        ("53400", DataRefusedError),  # too much for one transaction: less of it may pass
        ("54000", DataRefusedError),  # too large
        ("23505", KeyTakenError),
        ("42P01", DatabaseError),  # no such table: neither away nor bad data
        ("42501", DatabaseError),
    ],
)
def test_each_class_of_sqlstate_has_its_meaning(sqlstate: str, becomes: type[DatabaseError]) -> None:
    with pytest.raises(DatabaseError) as caught, _house_errors():
        raise psycopg.errors.lookup(sqlstate)("said so")
    assert type(caught.value) is becomes
    assert sqlstate in str(caught.value)


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), DatabaseUnavailableError),
        (psycopg.InterfaceError("the connection is closed"), DatabaseUnavailableError),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), DataRefusedError),
        (psycopg.ProgrammingError("the query has 1 placeholder but 0 parameters"), DatabaseError),
    ],
)
def test_an_error_of_the_driver_itself_has_no_sqlstate(error: psycopg.Error, becomes: type[DatabaseError]) -> None:
    with pytest.raises(DatabaseError) as caught, _house_errors():
        raise error
    assert type(caught.value) is becomes
