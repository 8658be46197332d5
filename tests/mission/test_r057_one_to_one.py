"""R57: one-to-one whatever the volume: each of many people gets their own words, and nobody another's."""

from slinga.engine.jobs import Definition
from slinga.testing.crowd import permit
from slinga.testing.world import World

PEOPLE = 60
OFFER = {
    "key": "yours",
    "name": "Yours",
    "class": "marketing",
    "topic": "news",
    "subject": "{{ person.firstName }}, your {{ trigger.properties.product }}",
    "body": {
        "html": "<html><body><p>Dear {{ person.firstName }} of {{ person.city }}.</p>"
        "{% if person.segments contains 'tea-lovers' %}<p>A tin of tea is in it.</p>"
        "{% else %}<p>No tea, we promise.</p>{% endif %}"
        '<p><a href="https://shop.example/p/{{ trigger.properties.product | url_encode }}">Here</a></p>'
        '<p><a href="{{ unsubscribe_url }}">Leave</a> {{ brand.address }}</p></body></html>'
    },
}
TEA = {
    "key": "tea-lovers",
    "name": "Tea",
    "condition": {"op": "trait", "name": "drinks", "cmp": "eq", "value": "tea"},
}
NIGHTLY = {
    "key": "nightly",
    "name": "To everybody on a date",
    "class": "marketing",
    "topic": "news",
    "quiet_hours": "none",
    "trigger": {"on": "event", "name": "Quiz Answered"},
    "start": "send",
    "nodes": {"send": {"type": "send", "template": "yours"}},
}


def test_sixty_people_sixty_letters(world: World) -> None:
    world.publish(
        Definition("template", "yours", OFFER),
        Definition("segment", "tea-lovers", TEA),
        Definition("journey", "nightly", NIGHTLY),
        Definition("policy", "policy", {"quiet_hours": "none"}),
        Definition(
            "brand", "brand", {"name": "S", "address": "Storgatan 1, Lund", "sender": "S <s@shop.example>"}
        ),
    )
    people = [f"p{n:02d}" for n in range(PEOPLE)]
    for n, who in enumerate(people):
        traits = {"email": f"{who}@example.org", "firstName": f"Name{who}", "city": f"City{who}"}
        world.call(
            "identify", {"userId": who, "traits": {**traits, "drinks": ("tea", "cocoa")[n % 2]}}, settle=False
        )
    permit(world, people)
    at = world.now()
    for who in people:
        world.track(who, "Quiz Answered", product=f"thing {who} & co", settle=False)
    world.settle()
    mails = world.mails()
    assert len(mails) == PEOPLE and {m.to for m in mails} == {f"{who}@example.org" for who in people}
    assert {m.at for m in mails} == {at}
    for mail in mails:
        who = mail.to.partition("@")[0]
        others = set(people) - {who}
        words = mail.html + mail.text + mail.subject
        assert mail.subject == f"Name{who}, your thing {who} & co"
        assert f"Name{who} of City{who}." in mail.html and f"City{who}" in mail.text
        assert not any(f"Name{other}" in words or f"City{other}" in words for other in others)
        tea = int(who[1:]) % 2 == 0
        assert ("A tin of tea" in mail.html, "No tea" in mail.html) == (tea, not tea)
        assert world.click(mail).startswith(f"https://shop.example/p/thing+{who}+%26+co")
    leaving = [m.headers["List-Unsubscribe"] for m in mails]
    assert len(set(leaving)) == PEOPLE, "each has a way out of their own"
