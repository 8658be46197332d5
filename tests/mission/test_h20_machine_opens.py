"""H20: machine opens and clicks do not raise the responsiveness score, nor do they break the silence."""

import pytest

from slinga.testing.drafts import OPEN_POLICY, campaign, on
from slinga.testing.world import World

APPLE_PREFETCH = "Mozilla/5.0"
SCANNER = "Mozilla/5.0 (compatible; proofpoint-urldefense)"


@pytest.mark.parametrize("agent", [APPLE_PREFETCH, SCANNER])
def test_a_machine_changes_nothing(world: World, agent: str) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.publish(*campaign("letter", 1, on("Start")))
    world.known("anna")
    world.track("anna", "Start")
    world.open(world.mails("anna")[0], agent=agent)
    if agent is SCANNER:
        world.click(world.mails("anna")[0], agent=agent)
    world.forward("1h")
    assert "responsiveness" not in {f.name for f in world.facts("anna", "score_moved")}
    world.forward("4d")
    assert world.person("anna").scores["responsiveness"].value == 40
    assert world.stage("anna")[0] == "invitation"
