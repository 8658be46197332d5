"""T33, T34: names of nobody merge nobody; a public key neither changes nor reads a known profile."""

from slinga.ingest import log
from slinga.testing.world import World


def test_null_guest_and_far_too_long_ids_merge_nobody_and_lose_no_event(world: World) -> None:
    shared = ["null", "undefined", "guest", "0", "[object Object]", "x" * 1024]
    for device in ("d1", "d2"):
        for name in shared:
            world.browse(device, "Product Viewed", user=name, product_id=f"seen-as-{name[:5]}")
        world.browse(device, "Product Viewed", product_id=f"by-{device}")
    one, two = (world.person(device, "anonymous") for device in ("d1", "d2"))
    assert one.key != two.key
    for person, other in ((one, "by-d2"), (two, "by-d1")):
        assert len(log.history(world.db, person.key)) == len(shared) + 1
        assert other not in person.visits.viewed
        assert not person.profile.identified
    answer = world.call(
        "identify", {"userId": "null", "anonymousId": "d1", "traits": {}}, key=world.browser_key
    )
    assert answer["warnings"], "whoever integrates sees why nothing was joined"


def test_two_known_people_on_one_device_stay_two(world: World) -> None:
    world.known("anna")
    world.known("bo")
    world.identify("anna", device="d1", browser=True)
    world.identify("bo", device="d1", browser=True)
    assert world.person("anna").key != world.person("bo").key
    world.browse("d1", "Product Viewed", product_id="pot")
    viewers = [who for who in ("anna", "bo") if "pot" in world.person(who).visits.viewed]
    assert len(viewers) == 1, "the device is whose it was first"


def test_a_browser_cannot_change_a_known_profile_or_take_it_over(world: World) -> None:
    world.known("anna", city="Lund")
    world.order("anna", "o1", 900)
    # Somebody with the public key out of the page says they are Anna, and a name of their own.
    world.identify("anna", device="evil", browser=True, email="evil@example.org", city="Gotham")
    world.identify("mallory", device="evil2", browser=True, email="anna@example.org")
    anna, mallory = world.person("anna"), world.person("mallory")
    assert (anna.profile.traits["email"].value, anna.profile.traits["city"].value) == (
        "anna@example.org",
        "Lund",
    )
    assert mallory.key != anna.key and "order" not in mallory.profile.things
    assert world.person("anna@example.org", "email").key == anna.key
    merged = [f.kind for f in world.facts_about(anna.key) if f.kind == "merge_refused"]
    assert merged, "the refusal is on record"


def test_a_public_key_reads_nothing_and_answers_alike_for_known_and_unknown(world: World) -> None:
    world.known("anna")
    answers = [
        world.call(
            "identify", {"userId": who, "anonymousId": f"d-{who}", "traits": {}}, key=world.browser_key
        )
        for who in ("anna", "nobody-we-know")
    ]
    assert answers[0] == answers[1]
    for path in ("/api/v1/people", "/api/v1/segments", "/people", "/v1/identify", "/v1/batch"):
        answer = world.client.get(
            path, headers={"Authorization": f"Bearer {world.browser_key}"}, follow_redirects=False
        )
        assert answer.status_code >= 300 and "anna@example.org" not in answer.text
