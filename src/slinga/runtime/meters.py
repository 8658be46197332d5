"""What is counted while it happens, for Prometheus; each process counts for itself, a scrape adds up.

In: what was done, once per batch. Out: counters and histograms, and the page that tells them.
Always true: names and labels hold no personal data, and labels have few values; counting never waits.

The processes of one `slinga serve` share a directory of memory-mapped files (the multi-process mode of
prometheus_client), which must be named before that package is imported: `prepare` does, in the parent.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIServer

import prometheus_client as prometheus
from prometheus_client import multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from slinga.runtime.process import PARENT

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200)

INGESTED = prometheus.Counter(
    "slinga_ingest_items_total", "Calls of the tracking API by what became of them.", ["result"]
)
COMMIT = prometheus.Histogram(
    "slinga_ingest_commit_seconds", "One group of calls, until it is on disk.", buckets=_FAST
)
APPLIED = prometheus.Counter("slinga_engine_total", "What the engine did.", ["what"])
TICK = prometheus.Histogram(
    "slinga_engine_tick_seconds", "One batch of the engine that had work.", buckets=_FAST
)
MESSAGES = prometheus.Counter("slinga_messages_total", "Results of attempts to send.", ["channel", "outcome"])
WAITED = prometheus.Histogram(
    "slinga_message_seconds", "From the decision to the receiver's answer.", ["class"], buckets=_SLOW
)

Gauges = Callable[[], Iterable[tuple[str, str, dict[str, str], float]]]
"""Asked at each scrape: (name, help, labels, value)."""


def ingested(accepted: int, duplicates: int, quarantined: int) -> None:
    """A request's items."""
    for result, count in (("accepted", accepted), ("duplicate", duplicates), ("quarantined", quarantined)):
        if count:
            INGESTED.labels(result).inc(count)


def applied(seconds: float, **counts: int) -> None:
    """A tick of the engine that had work: inputs, wakes, facts, intents, people."""
    TICK.observe(seconds)
    for what, count in counts.items():
        if count:
            APPLIED.labels(what).inc(count)


def settled(channel: str, outcome: str, message_class: str, seconds: float | None) -> None:
    """An attempt's result; `seconds` since the decision, where that is known."""
    MESSAGES.labels(channel, outcome).inc()
    if seconds is not None and seconds >= 0:
        WAITED.labels(message_class).observe(seconds)


def prepare() -> Path:
    """The directory in which the children of this process count; call it before they start."""
    directory = Path(tempfile.mkdtemp(prefix="slinga-meters-"))
    directory.chmod(0o700)
    return directory


def remove(directory: Path) -> None:
    """The children have ended."""
    shutil.rmtree(directory, ignore_errors=True)


class _Asked(Collector):
    """Gauges that are asked for at each scrape."""

    def __init__(self, ask: Gauges) -> None:
        self._ask = ask

    def collect(self) -> Iterable[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for name, text, labels, value in self._ask():
            if name not in families:
                families[name] = GaugeMetricFamily(name, text, labels=list(labels))
            families[name].add_metric(list(labels.values()), value)
        return families.values()


def page(ask: Gauges, directory: Path | None = None) -> prometheus.CollectorRegistry:
    """Everything to be told: counted here or in `directory`, and asked now."""
    registry = prometheus.CollectorRegistry()
    registry.register(_Asked(ask))
    if directory is not None:
        multiprocess.MultiProcessCollector(registry, path=str(directory))  # type: ignore[no-untyped-call]
    else:
        for each in (INGESTED, COMMIT, APPLIED, TICK, MESSAGES, WAITED):
            registry.register(each)
    return registry


def serve(port: int, ask: Gauges, directory: Path | None = None) -> tuple[WSGIServer, Any]:
    """Answer /metrics on 127.0.0.1 in a thread; the server, to be shut down, and its thread.

    Raises OSError when the port is taken.
    """
    return prometheus.start_http_server(port, addr="127.0.0.1", registry=page(ask, directory))


def child() -> bool:
    """Whether this process is counted for by a parent."""
    return bool(os.environ.get(PARENT)) and DIRECTORY in os.environ
