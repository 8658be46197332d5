"""Double opt-in: an address typed into a form gets one letter, and no more until its owner acts."""

from slinga.ingest.model import CLAIMED, PROVEN
from slinga.testing.world import HUMAN, Mail, World

ADDRESS = "anna@example.org"


def _sign_up(world: World, device: str, *, email: str = ADDRESS, user: str = "") -> None:
    """What the form of a site does with the public key."""
    world.identify(user, device=device, browser=True, email=email, firstName="Anna")
    world.browse(device, "Signed Up", user=user, form="footer")


def _publish(world: World) -> None:
    world.publish_shipped("confirm-subscription", "welcome", policy={"quiet_hours": "none"})


def _link(mail: Mail) -> str:
    (found,) = {link for link in mail.links if "/confirm/" in link}
    return found


def test_one_letter_then_only_the_button_confirms_and_the_welcome_follows(world: World) -> None:
    _publish(world)
    _sign_up(world, "d1")
    world.browse("d1", "Signed Up", form="footer")
    world.browse("d1", "Signed Up", form="pop-up")
    world.forward("1h")
    (letter,) = world.mails()
    assert (letter.template, letter.to) == ("confirm-subscription", ADDRESS)
    assert "List-Unsubscribe" not in letter.headers and "/o/" not in letter.html
    assert world.person("d1", "anonymous").profile.traits["email"].trust == CLAIMED

    link = _link(letter)
    for method in ("GET", "HEAD", "GET"):
        assert world.get(link, method=method, agent="Microsoft Outlook SafeLinks scanner").status_code == 200
    world.forward("1h")
    assert len(world.mails()) == 1, "looking at the page changes nothing"
    assert world.person("d1", "anonymous").profile.traits["email"].trust == CLAIMED

    confirmed_at = world.now()
    assert world.get(link, method="POST").status_code == 200
    world.settle()
    said = world.person("d1", "anonymous").profile.traits["email"]
    assert (said.value, said.trust) == (ADDRESS, PROVEN)
    assert [(m.template, m.at) for m in world.mails()][1:] == [("welcome", confirmed_at)]
    assert world.get(link, method="POST").status_code == 200
    world.browse("d1", "Signed Up", form="footer")
    world.forward("1h")
    assert len(world.mails()) == 2, "confirming and signing up again adds nothing"
    ledger = world.db.execute(
        "SELECT channel, topic, action, source, evidence ->> 'user_agent' FROM consent ORDER BY n"
    ).fetchall()
    assert ledger == [("email", "news", "confirmed", "confirm", HUMAN)]


def test_who_never_confirms_hears_no_more_and_may_ask_again_the_next_day(world: World) -> None:
    _publish(world)
    _sign_up(world, "d1")
    world.forward("10d")
    assert world.templates() == ["confirm-subscription"]
    late = world.get(_link(world.mails()[0]), method="POST")
    assert late.status_code == 404, "the link works for seven days"
    world.settle()
    assert world.person("d1", "anonymous").profile.traits["email"].trust == CLAIMED
    world.browse("d1", "Signed Up", form="footer")
    world.forward("1h")
    assert world.templates() == ["confirm-subscription"] * 2


def test_many_names_for_one_address_get_one_letter_and_none_of_them_is_an_open_mail_cannon(
    world: World,
) -> None:
    _publish(world)
    for n in range(5):
        _sign_up(world, f"d{n}", user=f"made-up-{n}", email="victim@example.org")
    world.forward("1h")
    assert world.templates() == ["confirm-subscription"]


def test_a_known_reader_is_not_asked_and_a_servers_sign_up_needs_no_letter(world: World) -> None:
    _publish(world)
    world.known("anna")
    world.track("anna", "Signed Up")
    assert world.templates("anna") == ["welcome"]
    _sign_up(world, "d7")
    world.forward("1h")
    assert world.templates() == ["welcome"]


def test_a_browser_cannot_put_its_own_address_to_a_known_persons_name(world: World) -> None:
    _publish(world)
    world.track("anna", "Order Completed", order_id="o1", total=100)
    world.identify("anna", firstName="Anna")
    _sign_up(world, "d1", user="anna", email="stranger@example.org")
    world.forward("1h")
    assert world.mails() == []
    world.identify("anna", email=ADDRESS)
    world.consent("anna")
    _sign_up(world, "d2", user="anna", email="stranger@example.org")
    world.forward("1h")
    assert world.person("anna").profile.traits["email"].value == ADDRESS
    assert world.mails() == [], "nothing to the stranger, and Anna has bought already"
