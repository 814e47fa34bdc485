from __future__ import annotations

import pytest

from schemas import errors
from schemas.errors import MonitorError, Problem, RegistryError, UseError

ALL = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, MonitorError)]


def test_sentence_and_mend_are_said_together() -> None:
    error = MonitorError("The port is taken.", "Choose another.")
    assert str(error) == "The port is taken. Choose another."
    assert (error.sentence, error.mend) == ("The port is taken.", "Choose another.")


def test_without_a_mend_the_sentence_stands_alone() -> None:
    assert str(MonitorError("The port is taken.")) == "The port is taken."


@pytest.mark.parametrize("kind", ALL)
def test_wrong_use_leaves_with_2_and_all_else_with_1(kind: type[MonitorError]) -> None:
    assert kind.exit_code == (2 if issubclass(kind, UseError) else 1)


def test_the_tree_is_as_drawn() -> None:
    drawn = errors.__doc__ or ""
    assert all(kind.__name__ in drawn for kind in ALL)
    assert issubclass(errors.DatabaseUnavailableError, errors.DatabaseError)
    assert issubclass(errors.DataRefusedError, errors.DatabaseError)
    assert issubclass(errors.SchemaError, errors.DatabaseError)
    assert not issubclass(errors.DatabaseUnavailableError, errors.DataRefusedError)


def test_a_registry_error_tells_every_problem() -> None:
    problems = [
        Problem("站点!A3", "name", "为空", "填写名称"),
        Problem("站点!B7", "lhv", "必须大于零", "填写低位发热量"),
    ]
    error = RegistryError(problems)
    assert error.problems == tuple(problems)
    assert "2 处" in str(error)
    for problem in problems:
        for part in (problem.place, problem.field, problem.sentence, problem.mend):
            assert part in str(error)
    assert error.exit_code == 2


def test_a_problem_reads_the_same_in_a_log() -> None:
    problem = Problem("p", "f", "wrong", "mend it")
    assert str(problem) == "p: f: wrong → mend it"
    assert repr(problem) == "Problem(p: f: wrong → mend it)"
