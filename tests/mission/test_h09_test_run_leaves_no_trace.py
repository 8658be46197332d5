"""Trap 9: trying a journey as a person tells what would happen and leaves profiles and figures untouched."""

from slinga.engine.jobs import Definition
from slinga.explain.trying.jobs import try_journey
from slinga.journeys import shipped
from slinga.kernel.calendar import period
from slinga.kernel.clock import DAY
from slinga.kernel.ids import person_key
from slinga.testing.world import World


def everything(world: World) -> dict[str, object]:
    """Every row of every table, by table."""
    tables = [
        name
        for (name,) in world.db.execute(
            "SELECT table_name::text FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
    ]
    return {
        name: world.db.execute(
            f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" t'
        ).fetchone()
        for name in tables
    }


def test_a_try_tells_the_instants_and_changes_no_row(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.known("anna")
    before = everything(world)
    anna = person_key("user", "anna")
    tried = try_journey(world.db, [], "welcome", anna, period("30d"))
    assert everything(world) == before
    planned = [(intent.template, intent.planned_at - world.now()) for intent in tried.intents]
    world.track("anna", "Signed Up")
    start = world.now()
    world.forward("30d")
    assert planned == [(mail.template, mail.at - start) for mail in world.mails("anna")]
    assert len(planned) >= 2


def test_a_draft_is_tried_without_being_published(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.known("anna")
    draft = shipped.document("welcome")
    draft["nodes"] = {
        "hello": {"type": "wait", "for": "2d", "next": "mail"},
        "mail": {"type": "send", "template": "welcome"},
    }
    draft["start"] = "hello"
    before = everything(world)
    drafts = [Definition("journey", "welcome", draft)]
    tried = try_journey(world.db, drafts, "welcome", person_key("user", "anna"), period("30d"))
    assert [intent.planned_at - world.now() for intent in tried.intents] == [2 * DAY]
    assert everything(world) == before and world.mails("anna") == []
