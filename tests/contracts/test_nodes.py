"""What every node type must keep, ours and an extension's, and an extension at work in a whole Slinga."""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from slinga.engine.jobs import Definition, extensions
from slinga.journeys.model import document_of, parse
from slinga.journeys.node import Node
from slinga.journeys.nodes import NODES
from slinga.testing.world import World, open_world

SAMPLES = {
    "wait": {"for": "2h"},
    "branch": {"arms": [{"name": "a", "when": {"op": "identified"}, "next": "end"}], "otherwise": "end"},
    "split": {"arms": [{"key": "a", "weight": 1, "next": "end"}, {"key": "b", "weight": 1, "next": "end"}]},
    "send": {"template": "hello", "next": "end"},
    "set_trait": {"name": "seen", "value": True, "next": "end"},
    "tag": {"name": "seen", "next": "end"},
    "score": {"name": "responsiveness", "points": 1, "next": "end"},
    "set_stage": {"model": "bow-tie", "stage": "interest", "next": "end"},
    "hand_over": {"task": "call", "next": "end"},
    "webhook": {"url": "https://example.org/hook", "next": "end"},
    "start_journey": {"journey": "other", "next": "end"},
    "stop_journey": {"journey": "other", "next": "end"},
    "exit": {},
}


def kind_of(node: type[Node]) -> str:
    return str(node.__struct_config__.tag)


@pytest.mark.parametrize("node", NODES, ids=kind_of)
def test_a_node_type_explains_itself_and_round_trips(node: type[Node]) -> None:
    kind = kind_of(node)
    assert node.__doc__ and node.label and node.group in ("flow", "send", "person", "world")
    document = {
        "key": "j",
        "name": "J",
        "trigger": {"on": "manual"},
        "start": "a",
        "nodes": {"a": {"type": kind, **SAMPLES[kind]}, "end": {"type": "exit"}},
    }
    journey = parse(document)
    assert parse(document_of(journey)) == journey
    made = journey.nodes["a"]
    assert all(target in (None, "end") for target in made.exits().values())
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": kind, **SAMPLES[kind], "no_such_setting": 1}, node)


EXTENSION = '''
"""A coupon node and the pool it asks, as somebody else would write them."""
from typing import ClassVar

import msgspec
from slinga.channels.model import Receipt
from slinga.journeys.decision import Ask, Goto, Other
from slinga.journeys.node import Node
from slinga.kernel.ids import digest


class Coupon(Node, tag="coupon"):
    """Take a code out of a pool."""

    label: ClassVar[str] = "Coupon"
    group: ClassVar[str] = "person"
    pool: str
    next: str | None = None

    def exits(self):
        return {"next": self.next}

    def step(self, here):
        ask = digest("coupon", here.run, here.node, here.visit)
        if here.answer is not None and here.answer.ask == ask:
            return Goto(to=self.next, outcome="got", witness=here.answer.value)
        return Ask(ask=ask, effect=Other(kind="coupon", body={"ask": ask, "pool": self.pool}))


class Pool:
    """The channel `coupon`."""

    kind = "coupon"

    async def open(self):
        pass

    async def close(self, *, abort=False):
        pass

    async def send(self, parcels):
        for parcel in parcels:
            asked = msgspec.json.decode(parcel.data)["data"]
            yield parcel.id, Receipt(200, msgspec.json.encode({"code": asked["pool"] + "-1"}).decode())
'''


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    package = tmp_path / "site"
    info = package / "shop_coupons-1.0.dist-info"
    info.mkdir(parents=True)
    (package / "shop_coupons.py").write_text(EXTENSION)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-coupons\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        textwrap.dedent("""\
            [slinga.nodes]
            coupon = shop_coupons:Coupon
            [slinga.channels]
            coupon = shop_coupons:Pool
            """)
    )
    sys.path.insert(0, str(package))
    extensions.cache_clear()
    try:
        with open_world(database_url, tmp_path / "data") as found:
            yield found
    finally:
        sys.path.remove(str(package))
        extensions.cache_clear()


def test_an_extension_brings_a_node_and_the_channel_that_answers_it(world: World) -> None:
    document = {
        "key": "coupon",
        "name": "A code for everybody who asks",
        "trigger": {"on": "event", "name": "Code Wanted"},
        "start": "take",
        "nodes": {
            "take": {"type": "coupon", "pool": "spring", "next": "thanks"},
            "thanks": {"type": "tag", "name": "has-code"},
        },
    }
    world.publish(Definition("journey", "coupon", document))
    world.known("anna")
    world.track("anna", "Code Wanted")
    assert "has-code" in world.person("anna").profile.tags
    (step,) = [f for f in world.facts("anna", "step", "coupon") if f.body["node"] == "take"]
    assert step.body["witness"] == {"code": "spring-1"}
