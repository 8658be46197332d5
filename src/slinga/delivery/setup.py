"""What a courier works with.

In: channels by kind, functions from the layers above, sizes. Out: `Setup`. Always true: nothing of it changes
while the courier lives.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from slinga.channels.model import Channel
from slinga.delivery.model import Gate, Writer


class Setup(msgspec.Struct, frozen=True):
    """What a courier works with. Durations in seconds of real time, sizes in messages.

    `in_flight` is the room for marketing, `reserved` that for transactional messages alone, `per_lane`
    the most of either in one lane; together they bound how many can become `unknown` in a crash.
    `domain` is the right side of Message-IDs.
    """

    channels: Mapping[str, Channel]
    writer: Writer
    gate: Gate
    pepper: bytes
    domain: str
    in_flight: int = 400
    reserved: int = 100
    per_lane: int = 200
    batch: int = 200
    lease_s: float = 60
    grace_s: float = 60
    poll_s: float = 0.25
    recover_s: float = 15
    begun: Path | None = None
    """The folder of this machine's couriers' notes; without it a crash leaves more `unknown`."""
    admitted: Callable[[Any], bool] = lambda _: True
    """Whether this installation may send at all; asked until it may."""
