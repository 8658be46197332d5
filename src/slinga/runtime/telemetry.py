"""Log lines: one JSON object each, on standard error, without personal data.

In: a level. Out: structlog configured for the process.
Always true: no e-mail address, telephone number, IP address or token reaches a log line, whatever a caller
passes; a person is named by key only; of an exception its kind, its place and its first words are told, not
what it quotes, nor the row that a database shows.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
# structlog would load it, to colour tracebacks that are never shown: four megabytes in every process.
import structlog  # noqa: E402

if sys.modules["rich"] is None:
    del sys.modules["rich"]

_PERSONAL_NAMES = frozenset(
    {
        *("email", "address", "phone", "name", "first_name", "last_name", "birth_date", "ip"),
        *("body", "traits", "properties", "context", "variables", "subject", "recipient", "to"),
        *("token", "cookie", "authorization", "password", "secret", "user_id", "anonymous_id"),
    }
)
_PERSONAL_TEXT = re.compile(
    r"[^\s@<>\"'(]+@[^\s@<>\"')]+\.[a-z]{2,}"  # an e-mail address
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b"  # IPv4
    r"|(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])"  # IPv6, whole
    r"|(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?(?![\w:])"  # or shortened
    r"|(?<![\w.:-])\+\d[\d ()-]{7,}\d"  # a telephone number in international form
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",  # user:password in an address
    re.I,
)
HIDDEN = "[hidden]"


def without_personal_data(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor that hides what must not be logged."""
    for name, value in line.items():
        line[name] = HIDDEN if name.lower() in _PERSONAL_NAMES else _clean(value)
    return line


_ROW = re.compile(r"\s*\n?\b(?:DETAIL|CONTEXT|STATEMENT):.*", re.S)
"""What PostgreSQL adds to an error shows values."""
_QUOTED = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|\([^()\n]*\)=\([^()\n]*\)")


def said(fault: BaseException) -> str:
    """The first line of an exception's message without what it quotes: that may be anybody's data."""
    first = _ROW.sub("", str(fault)).strip().partition("\n")[0]
    return _clean(_QUOTED.sub(HIDDEN, first))


def tell_exception(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor that renders `exc_info`: where, of what kind, and the words without data."""
    given = line.pop("exc_info", None)
    if not given:
        return line
    fault = (
        given
        if isinstance(given, BaseException)
        else (given if isinstance(given, tuple) else sys.exc_info())[1]
    )
    parts: list[str] = []
    seen: set[int] = set()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        frames = "".join(traceback.format_tb(fault.__traceback__))
        parts.append(f"{frames}{type(fault).__module__}.{type(fault).__qualname__}: {said(fault)}")
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    line["exception"] = "\nwhile handling\n".join(parts)
    return line


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _PERSONAL_TEXT.sub(HIDDEN, _ROW.sub("", value))
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {said(value)}"
    if isinstance(value, dict):
        return {k: HIDDEN if str(k).lower() in _PERSONAL_NAMES else _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value


class _Forward(logging.Handler):
    """Lines of libraries that use the standard library's logging."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        level = (
            record.levelname.lower() if record.levelname.lower() in ("debug", "info", "warning") else "error"
        )
        if isinstance(record.args, tuple):
            # An exception among the arguments tells as little as one that is logged by name.
            record.args = tuple(
                said(each) if isinstance(each, BaseException) else each for each in record.args
            )
        getattr(log, level)(record.getMessage(), exc_info=record.exc_info or None)


def configure(
    level: str = "info", *, text: bool = False, part: str = "", stream: TextIO | None = None
) -> None:
    """Set logging up for this process; `part` (web, worker ...) is written into each line."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.contextvars.clear_contextvars()
    if part:
        structlog.contextvars.bind_contextvars(part=part)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_exception,
            without_personal_data,
            structlog.dev.ConsoleRenderer() if text else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.root.handlers = [_Forward()]
    logging.root.setLevel(max(number, logging.WARNING))
