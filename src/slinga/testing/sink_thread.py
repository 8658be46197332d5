"""The SMTP sink on an event loop of its own, so that it answers whatever the test does."""

import asyncio
import threading

from slinga.testing.smtp_sink import Sink

__all__ = ["Sink", "SinkThread"]


class SinkThread:
    """A context manager that yields the running sink."""

    def __init__(self) -> None:
        self.sink = Sink()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Sink:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.sink.__aenter__(), self._loop).result(10)
        return self.sink

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.sink.__aexit__(None, None, None), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
