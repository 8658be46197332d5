"""R2: the seven-stage bow-tie is the default model, from the first contact to the ambassador."""

from slinga.testing.world import World


def test_one_person_passes_all_seven_stages(world: World) -> None:
    world.publish_shipped()
    start = world.now()
    world.browse("d1", url="https://shop.example/")
    assert world.person("d1", "anonymous").positions["bow-tie"].stage == "invitation"
    world.forward("1d")
    world.browse("d1", url="https://shop.example/tea")
    assert world.person("d1", "anonymous").positions["bow-tie"].stage == "attention"
    world.identify("anna", device="d1", email="anna@example.org")
    assert world.stage("anna") == ("interest", "known-lead")
    world.forward("1d")
    world.order("anna", "o1")
    assert world.stage("anna") == ("conversion", "just-bought")
    world.forward("5d")
    world.browse("d1", user="anna", url="https://shop.example/guides")
    assert world.stage("anna")[0] == "adoption"
    world.forward("5d")
    for number in (2, 3):
        world.order("anna", f"o{number}")
    assert world.stage("anna") == ("loyalty", "regular")
    world.forward("5d")
    world.track("anna", "Product Shared", product_id="tea")
    assert world.stage("anna") == ("ambassador", "speaking")
    moved = world.facts("anna", "stage_moved", "bow-tie")
    days = [(fact.body["to_stage"], (fact.at - start) // 86_400_000_000) for fact in moved][-4:]
    assert days == [("conversion", 2), ("adoption", 7), ("loyalty", 12), ("ambassador", 17)]


def test_the_page_of_stages_draws_the_seven_in_order(world: World) -> None:
    world.publish_shipped()
    stages = world.program().models["bow-tie"].model.stages
    assert [(stage.key, stage.side) for stage in stages] == [
        ("invitation", "left"),
        ("attention", "left"),
        ("interest", "left"),
        ("conversion", "knot"),
        ("adoption", "right"),
        ("loyalty", "right"),
        ("ambassador", "right"),
    ]
    assert all(stage.strategy.note for stage in stages)
