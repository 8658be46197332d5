"""Log lines carry no personal data, whatever a caller passes."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from slinga.runtime.telemetry import HIDDEN, configure


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handlers, level = logging.root.handlers, logging.root.level
    configure("info", part="test", stream=stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers = handlers
    logging.root.setLevel(level)


def last(stream: io.StringIO) -> dict[str, object]:
    line: dict[str, object] = json.loads(stream.getvalue().splitlines()[-1])
    return line


def test_a_line_is_one_json_object(lines: io.StringIO) -> None:
    structlog.get_logger().info("person.merged", person="00ab", count=3)
    line = last(lines)
    assert line.pop("timestamp")
    assert line == {"event": "person.merged", "person": "00ab", "count": 3, "level": "info", "part": "test"}


@pytest.mark.parametrize(
    "text",
    [
        "no such address: jana.novakova@example.org",
        "refused by 192.0.2.17",
        "refused by 2001:db8:0:1:2:3:4:5",
        "no answer of [2001:db8::17]:25",
        "2001:db8:1:: is away",
        "call +420 601 234 567 failed",
        "connection to postgresql://me:hunter2@db failed",
    ],
)
def test_personal_text_is_hidden(lines: io.StringIO, text: str) -> None:
    structlog.get_logger().warning("fault", reason=text)
    reason = str(last(lines)["reason"])
    assert HIDDEN in reason
    assert not any(part in reason for part in ("jana", "192.0", "2001:", "601", "hunter2"))


@pytest.mark.parametrize("text", ["at 12:30:45", "slinga::jobs", "std::map and dead:beef", "took 1:02"])
def test_what_only_looks_like_an_address_stays(lines: io.StringIO, text: str) -> None:
    structlog.get_logger().warning("fault", reason=text)
    assert last(lines)["reason"] == text


def test_personal_names_are_hidden_at_any_depth(lines: io.StringIO) -> None:
    structlog.get_logger().info("x", email="a", detail={"traits": {"a": 1}, "kept": 1, "list": ["b@c.de"]})
    assert last(lines)["email"] == HIDDEN
    assert last(lines)["detail"] == {"traits": HIDDEN, "kept": 1, "list": [HIDDEN]}


def test_a_traceback_is_cleaned_too(lines: io.StringIO) -> None:
    try:
        raise ValueError("bad address jana@example.org")
    except ValueError:
        structlog.get_logger().error("fault", exc_info=True)
    assert "jana" not in lines.getvalue()
    assert "ValueError" in lines.getvalue()


def test_below_the_level_nothing_is_written(lines: io.StringIO) -> None:
    structlog.get_logger().debug("x")
    assert lines.getvalue() == ""


def test_libraries_that_log_the_old_way_come_out_the_same(lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning("lost %s", "jana@example.org")
    assert last(lines)["event"] == f"lost {HIDDEN}"
