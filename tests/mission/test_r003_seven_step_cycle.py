"""R3: the seven-step cycle ships as a second model, and after the win-back it begins anew."""

from slinga.testing.world import World


def test_one_person_goes_the_whole_circle(world: World) -> None:
    world.publish_shipped(models_=("cycle",))

    def stage() -> str:
        return world.stage("anna", "cycle")[0]

    world.browse("d1", user="anna", url="https://shop.example/")
    assert stage() == "attract"
    world.track("anna", "Signed Up")
    assert stage() == "engage"
    world.track("anna", "Product Added", cart_id="c1", product_id="tea", quantity=1)
    assert stage() == "consider"
    world.order("anna", "o1")
    assert stage() == "buy-again"
    world.forward("10d")
    bought = world.now()
    world.order("anna", "o2")
    assert stage() == "ambassador"
    world.forward("60d")
    assert stage() == "care"
    world.until("2026-09-13T00:00:00Z")
    assert stage() == "win-back"
    world.order("anna", "o3")
    assert stage() != "win-back"
    world.forward("18mo")
    assert stage() == "attract"
    world.order("anna", "o4")
    assert stage() == "buy-again"
    moves = world.facts("anna", "stage_moved", "cycle")
    caring = next(fact for fact in moves if fact.body["to_stage"] == "care")
    assert caring.at - bought == 60 * 86_400_000_000
    assert world.person("anna").positions["cycle"].round >= 2
