"""R13: the map shows every touchpoint of the people with the brand."""

from pathlib import Path

from tests.mission.lived import figures, lived, words

from slinga.runtime.db import Db


def test_the_map_shows_as_many_touches_as_there_were(database_url: str, db: Db, tmp_path: Path) -> None:
    with lived(database_url, db, tmp_path) as shop:
        rows = shop.page("/admin/map?days=365").css(".touch-grid tbody tr")
        shown = {words(row.css_first("th")): figures(row) for row in rows if row.css("td")}
        truth = shop.truth
        visits = sum(found[-1] for name, found in shown.items() if name[:1].isupper() and name not in OURS)
        (begun,) = db.execute("SELECT count(*) FROM fact WHERE kind = 'visit_started'").fetchone() or (0,)
        # Slinga decides by itself where a visit ends, so it may see more of them than the twin made.
        assert visits == begun >= truth.visits > 20
        assert begun < 1.25 * truth.visits
        assert all(found[-1] == sum(found[:-1]) for found in shown.values())
        (sent,) = db.execute("SELECT count(*) FROM message WHERE state = 'accepted'").fetchone() or (0,)
        assert sum(found[-1] for name, found in shown.items() if name in OURS) == sent > 10
        # What nobody is written at is seen as well.
        assert shown["SMS"] == [0] * 8
        grid = words(shop.page("/admin/map").css_first(".touch-grid"))
        assert "No message here yet: write one" in grid


OURS = ("E-mail", "SMS", "Push", "On the site", "Webhook")
