"""A reaction model is declared, seeded, and refused where it cannot be meant."""

import pytest

from slinga.kernel.clock import DAY, HOUR, MINUTE
from slinga.kernel.errors import Invalid
from slinga.rehearsal.reactions import (
    ENOUGH,
    NONE,
    TYPICAL,
    Counted,
    Rates,
    Reactions,
    draw,
    learned,
    parse,
    spread,
)

KEYS = [f"send-{number}" for number in range(4_000)]
MODEL = Reactions("ours", "", {"email": Rates(bounced=0.02, opened=0.3, clicked=0.1, unsubscribed=0.05)})


def share(kind: str, model: Reactions = MODEL, seed: int = 1) -> float:
    drawn = [draw(model, seed, key, "email") for key in KEYS]
    return sum(any(each.kind == kind for each in several) for several in drawn) / len(KEYS)


def test_nobody_reacts_by_default() -> None:
    assert all(draw(NONE, 1, key, "email") == [] for key in KEYS[:50])
    assert draw(TYPICAL, 1, "k", "webhook") == []


def test_reactions_come_as_often_as_declared() -> None:
    # bounced messages are read by nobody, so the other shares are of what is left
    assert share("bounced") == pytest.approx(0.02, abs=0.01)
    assert share("opened") == pytest.approx(0.98 * 0.3, abs=0.03)
    assert share("clicked") == pytest.approx(0.98 * 0.1, abs=0.02)
    assert share("unsubscribed") == pytest.approx(0.98 * 0.05, abs=0.015)


def test_the_seed_alone_decides() -> None:
    first = [draw(MODEL, 1, key, "email") for key in KEYS[:300]]
    assert first == [draw(MODEL, 1, key, "email") for key in KEYS[:300]]
    assert first != [draw(MODEL, 2, key, "email") for key in KEYS[:300]]


def test_whoever_clicks_has_opened_before() -> None:
    clicks = 0
    for key in KEYS:
        kinds = {each.kind: each.after for each in draw(MODEL, 1, key, "email")}
        if "clicked" in kinds:
            clicks += 1
            assert kinds["opened"] < kinds["clicked"]
    assert clicks > 100


def test_delays_follow_their_quantiles() -> None:
    delays = ("1m", "1h", "3h", "1d", "2d")
    assert spread(delays, 0.0) == MINUTE
    assert spread(delays, 0.5) == 3 * HOUR
    assert spread(delays, 0.625) == 3 * HOUR + (DAY - 3 * HOUR) // 2
    assert spread(delays, 0.999999) <= 2 * DAY


def test_rates_are_learned_where_there_is_enough() -> None:
    email = Counted("email", 2 * ENOUGH, 0, 4, 500, 60, 3, 1)
    push = Counted("push", ENOUGH - 1, 0, 0, 0, 300, 0, 0)
    found = learned([email, push])
    assert found.channels == {
        "email": Rates(bounced=0.002, opened=0.25, clicked=0.03, unsubscribed=0.0015, complained=0.0005)
    }
    assert "2000 messages by email" in found.source and "fewer than 1000 by push" in found.source


@pytest.mark.parametrize(
    ("channel", "field"),
    [
        ({"opened": 1.5}, "reactions.channels.email.opened"),
        ({"opened": 0.1, "clicked": 0.2}, "reactions.channels.email.clicked"),
        ({"read_after": ["1h", "2h"]}, "reactions.channels.email.read_after"),
        ({"read_after": ["5h", "2h", "3h", "4h", "5h"]}, "reactions.channels.email.read_after"),
        ({"read_after": ["1h", "2h", "3h", "4h", "1mo"]}, "reactions.channels.email.read_after"),
    ],
)
def test_a_model_that_cannot_be_meant_is_refused(channel: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse({"name": "ours", "channels": {"email": channel}})
    assert refused.value.field == field


def test_a_typing_error_is_named() -> None:
    with pytest.raises(Invalid, match="opend"):
        parse({"name": "ours", "channels": {"email": {"opend": 0.2}}})
