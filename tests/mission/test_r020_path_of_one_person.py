"""R20: the path of a single person is seen at the desk, and a journey supports them on it."""

from slinga.insight.jobs import tally
from slinga.kernel.ids import person_key
from slinga.testing.desk import html, page, person_page
from slinga.testing.drafts import campaign, unlimited
from slinga.testing.world import World


def test_from_a_number_in_the_picture_to_one_persons_way_and_what_helped_them_on(world: World) -> None:
    world.publish_shipped()
    help_on = {"on": "stage", "model": "bow-tie", "to": ["conversion"]}
    world.publish(*campaign("care", 1, help_on), unlimited())
    world.known("anna")
    world.browse("d1", user="anna", url="https://shop.example/")
    world.forward("2d")
    world.order("anna", "o1")
    world.forward("1h")
    moves = world.moves("anna")
    assert moves[-1][1] == world.stage("anna")[0] and len(moves) >= 3
    tally(world.db)
    assert "anna@example.org" in page(world, f"/admin/lifecycle/people?stage={world.stage('anna')[0]}")
    before, after = moves[-1]
    listed = html(world, f"/admin/lifecycle/people?from={before or ''}&to={after}")
    assert "anna@example.org" in listed and person_key("user", "anna") in listed
    life = person_page(world, "anna").lower()
    for _, stage in moves:
        assert stage in life
    assert world.templates("anna") == ["care-1"]
