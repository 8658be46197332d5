"""R8: a stage once reached is kept for its shortest stay, so that nobody flutters between two stages."""

from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY, HOUR
from slinga.testing.drafts import did, model
from slinga.testing.world import World


def _model(key: str, hold: str) -> Definition:
    silent = {"op": "event", "name": "Ping", "window": {"last": "1d"}, "cmp": "eq", "value": 0}
    return model(
        key,
        {"key": "quiet", "side": "left"},
        {
            "key": "lively",
            "side": "right",
            "enter": did("Ping", last="1d"),
            "fall": [{"to": "quiet", "when": silent, "cause": "silent"}],
            "hold": hold,
        },
    )


def test_the_shortest_stay_holds_to_the_microsecond_and_stops_the_flutter(world: World) -> None:
    world.publish(_model("calm", "3d"), _model("nervous", "0s"))
    world.known("anna")
    start = world.now()
    world.track("anna", "Ping")
    world.forward("36h")
    world.track("anna", "Ping")
    world.forward("10d")
    nervous = [(f.body["to_stage"], f.at - start) for f in world.facts("anna", "stage_moved", "nervous")]
    assert nervous[-4:] == [
        ("lively", 0),
        ("quiet", DAY),
        ("lively", 36 * HOUR),
        ("quiet", 60 * HOUR),
    ]
    calm = [(f.body["to_stage"], f.at - start) for f in world.facts("anna", "stage_moved", "calm")]
    assert calm[-2:] == [("lively", 0), ("quiet", 3 * DAY)]


def test_a_sign_of_life_in_the_meantime_keeps_the_stage(world: World) -> None:
    world.publish(_model("calm", "3d"))
    world.known("anna")
    start = world.now()
    world.track("anna", "Ping")
    world.forward("60h")
    world.track("anna", "Ping")
    world.forward("10d")
    calm = [(f.body["to_stage"], f.at - start) for f in world.facts("anna", "stage_moved", "calm")]
    assert calm[-2:] == [("lively", 0), ("quiet", 84 * HOUR)]
