"""R14: the funnel places people and segments on the stages, and leads to them."""

import re
from pathlib import Path

import pytest
from tests.mission.lived import lived, words

from slinga.runtime.db import Db


def test_the_picture_is_the_twins_truth(
    database_url: str, db: Db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slinga.admin.lifecycle.api.WITHIN_MS", 60_000)
    with lived(database_url, db, tmp_path) as shop:
        truth = shop.truth
        everybody = _people(shop.page("/admin/lifecycle"))
        assert sum(everybody.values()) == truth.visitors > 10
        after = sum(everybody[name] for name in ("Conversion", "Adoption", "Loyalty", "Ambassador"))
        assert after == truth.buyers > 0
        # The same for a segment, counted exactly.
        counted = db.execute("SELECT count(*) FROM membership WHERE segment = 'coffee-lovers'").fetchone()
        (inside,) = counted or (0,)
        page = shop.page("/admin/lifecycle?segment=coffee-lovers")
        assert sum(_people(page).values()) == inside
        # A number leads to as many people as it says.
        stage = max(everybody, key=lambda name: everybody[name])
        listed = shop.page(f"/admin/lifecycle/people?stage={stage.lower()}")
        assert len(listed.css("tbody tr")) == min(50, everybody[stage])


def _people(page) -> dict[str, int]:  # type: ignore[no-untyped-def]
    """People by stage, as the cards say, which is what the picture says."""
    cards = {
        words(card.css_first("h3")): int(words(card.css_first(".figure")).split(" ")[0])
        for card in page.css("section.stage")
    }
    drawn = [words(node.css_first("title")) for node in page.css("svg.wide-only a.place")]
    for said in drawn:
        found = re.fullmatch(r"(.+): (\d+) people", said)
        assert found and cards[found[1]] == int(found[2])
    return cards
