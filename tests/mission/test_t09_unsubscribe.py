"""T09, T10, T12: one click leaves, scanners leave nobody, what is planned but not handed over stays."""

from urllib.parse import urlsplit

from slinga.engine.jobs import Definition
from slinga.testing.crowd import known
from slinga.testing.world import Mail, World

NEWS = {
    "key": "issue",
    "name": "An issue of the letter",
    "class": "marketing",
    "topic": "news",
    "trigger": {"on": "event", "name": "Issue Ready"},
    "start": "send",
    "nodes": {"send": {"type": "send", "template": "welcome"}},
}
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    "multipart/form-data; boundary=b",
)
URLENCODED = (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")


def _publish(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": []})
    world.publish(Definition("journey", "issue", NEWS))


def _out(mail: Mail) -> str:
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return mail.headers["List-Unsubscribe"].strip("<>")


def _post(world: World, url: str, body: tuple[bytes, str]) -> int:
    world.client.cookies.clear()
    answer = world.client.post(
        urlsplit(url).path, content=body[0], headers={"Content-Type": body[1]}, follow_redirects=False
    )
    assert "set-cookie" not in answer.headers
    return int(answer.status_code)


def test_one_click_blocks_the_very_next_decision_and_may_be_repeated(world: World) -> None:
    _publish(world)
    known(world, ["anna", "bo"])
    for who, body in (("anna", URLENCODED), ("bo", MULTIPART)):
        world.track(who, "Issue Ready")
        (mail,) = world.mails(who)
        assert [_post(world, _out(mail), body) for _ in range(3)] == [200] * 3
        # Not even applied by a worker yet: the permission is asked of the ledger and of what is on its way.
        world.track(who, "Issue Ready")
        assert len(world.mails(who)) == 1
        (blocked,) = world.facts(who, "send_blocked")
        assert blocked.body["reason"] == "withdrawn"
    assert world.db.execute("SELECT count(*) FROM consent WHERE action = 'withdrawn'").fetchone() == (2,)


def test_a_hundred_scanners_unsubscribe_nobody(world: World) -> None:
    _publish(world)
    known(world, ["anna"])
    world.track("anna", "Issue Ready")
    out = _out(world.mails("anna")[0])
    for n in range(100):
        method = ("GET", "HEAD", "OPTIONS")[n % 3]
        assert world.get(out, method=method, agent="Barracuda/1.0 link scanner").status_code < 500
    world.track("anna", "Issue Ready")
    assert len(world.mails("anna")) == 2
    assert world.facts("anna", "send_blocked") == []


def test_leaving_while_the_message_is_planned_keeps_it_here(world: World) -> None:
    _publish(world)
    people = [f"p{n:02d}" for n in range(30)]
    known(world, people)
    for who in people:
        world.track(who, "Issue Ready", settle=False)
    world.settle()
    ways_out = {who: _out(world.mails(who)[0]) for who in people}
    for who in people:
        world.track(who, "Issue Ready", settle=False)
    world.worker.drain()  # decided and planned, but no courier has looked yet
    assert world.db.execute("SELECT count(*) FROM message WHERE state = 'planned'").fetchone() == (30,)
    leavers = people[::3]
    for who in leavers:
        assert _post(world, ways_out[who], URLENCODED) == 200
    world.settle()
    assert {who for who in people if len(world.mails(who)) == 1} == set(leavers)
    rows = world.db.execute(
        "SELECT reason, count(*) FROM message WHERE state = 'cancelled' GROUP BY 1"
    ).fetchall()
    assert rows == [("withdrawn", len(leavers))], "the cancels can be counted, by their reason"
    for who in leavers:
        (settled,) = [f for f in world.facts(who, "send_settled") if f.body["outcome"] == "cancelled"]
        assert settled.body["reason"] == "withdrawn"
