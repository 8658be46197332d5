"""H18: a customer who stops buying leaves "Customer" without anybody doing anything."""

from slinga.kernel.clock import instant
from slinga.testing.drafts import OPEN_POLICY, did, segment
from slinga.testing.world import World


def test_stage_and_segment_let_go_a_year_after_the_last_purchase(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.publish(segment("customer", did("Order Completed", last="1y")))
    world.known("anna")
    world.order("anna", "o1")
    assert world.stage("anna")[0] == "conversion"
    assert set(world.person("anna").members) == {"customer"}
    world.until("2027-03-02T08:59:59Z")
    assert world.stage("anna") == ("conversion", "at-risk")
    assert set(world.person("anna").members) == {"customer"}
    world.until("2027-03-02T09:00:00Z")
    assert world.stage("anna") == ("interest", "lapsed")
    assert world.person("anna").members == {}
    assert world.facts("anna", "stage_moved")[-1].at == instant("2027-03-02T09:00:00Z")
    world.order("anna", "o2")
    assert world.stage("anna")[0] == "conversion"
    assert set(world.person("anna").members) == {"customer"}
