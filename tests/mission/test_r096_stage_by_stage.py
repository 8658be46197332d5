"""R96: engagement and conversion are measured along the whole way, stage by stage."""

from pathlib import Path

from tests.mission.lived import lived, words

from slinga.runtime.db import Db


def test_what_the_cards_say_adds_up_to_the_twins_truth(database_url: str, db: Db, tmp_path: Path) -> None:
    with lived(database_url, db, tmp_path) as shop:
        truth = shop.truth
        page = shop.page("/admin/lifecycle?days=365")
        cards = {words(card.css_first("h3")): card for card in page.css("section.stage")}
        pairs = {name: _pairs(card) for name, card in cards.items()}
        assert sum(int(found["Orders"]) for found in pairs.values()) == truth.orders > 0
        value = sum(_amount(found["Value"]) for found in pairs.values())
        assert abs(value - truth.revenue) < 1
        assert pairs["Invitation"]["Conversion"].endswith("%")
        bought = int(pairs["Conversion"]["In, forward"])
        assert 0 < bought <= truth.buyers
        assert "Median stay" in pairs["Attention"]
        # And the first page tells the same orders, those of people who had ordered before.
        home = {words(card.css_first("h3")): card for card in shop.page("/admin").css(".verbs li")}
        again = int(words(home["Buy again"].css_first(".figure"))) if "Buy again" in home else 0
        assert again == truth.orders - truth.buyers
        engaged = int(words(home["Engage"].css_first(".figure")))
        (visits,) = db.execute("SELECT count(*) FROM fact WHERE kind = 'visit_started'").fetchone() or (0,)
        assert engaged == visits >= truth.visits


def _pairs(card) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return {words(pair.css_first("dt")): words(pair.css_first("dd")) for pair in card.css("dl.pairs div")}


def _amount(text: str) -> float:
    return 0.0 if text == "–" else float(text.removeprefix("SEK").replace(",", "").strip())
