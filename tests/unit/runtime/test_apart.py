"""What runs apart leaves nothing behind but its outcome."""

import sys
import threading

import pytest

from slinga.kernel.errors import Conflict, Unavailable
from slinga.runtime.process import apart


@pytest.fixture
def alone(monkeypatch):
    """As in a process without other threads, which a test runner need not be."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def test_what_it_loads_does_not_stay(alone):
    before = set(sys.modules)

    def work():
        sys.modules["loaded_apart"] = sys

    apart(work)
    assert set(sys.modules) == before


def test_its_refusal_is_ours(alone):
    def work():
        raise Conflict("Run slinga migrate.", field="tables")

    with pytest.raises(Conflict, match=r"Run slinga migrate\.") as found:
        apart(work)
    assert found.value.field == "tables"


def test_a_bug_is_told_and_is_no_success(alone, capfd):
    with pytest.raises(Unavailable):
        apart(lambda: 1 // 0)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_beside_other_threads_it_runs_here(monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    done = []
    apart(lambda: done.append(1))
    assert done == [1]
