"""Imports at the desk: handed over, mapped, taken in, taken back, each by pages alone."""

from pathlib import Path

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.admin.imports import columns as cols
from slinga.filing import Filer
from slinga.imports import store
from slinga.imports.uploads import store as uploads
from slinga.kernel.clock import DAY
from slinga.runtime import clock
from slinga.runtime.settings import Settings
from slinga.tidying import due, tidy

CANARY = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{987654*3}}"
PEOPLE = "user_id,email,Favourite colour\nu1,anna@shop.test,red\nu2,broken,blue\nu3,bert@shop.test,\n"


@pytest.fixture
def desk(world, tmp_path: Path):
    world.app.state.settings = Settings(data_dir=str(tmp_path))
    return world


def hand_over(desk, text: str | bytes = PEOPLE, name: str = "people.csv", **more):
    files = {"file": (name, text.encode() if isinstance(text, str) else text, "text/csv")}
    return desk.web.post("/admin/imports", data={"csrf": desk.csrf()} | more, files=files)


def work(desk) -> None:
    filer = Filer(desk.app.state.settings)
    while filer.turn(desk.db):
        pass


def send(desk, page: str, **given: str):
    """The form of a page as it stands, with changes."""
    tree = LexborHTMLParser(desk.get(page))
    sent = {}
    for form in tree.css(f'form[action="{page}"]'):
        for field in form.css("input, select"):
            name, kind = field.attributes.get("name"), field.attributes.get("type")
            if field.tag == "select":
                chosen = field.css_first("option[selected]") or field.css_first("option")
                sent[name] = chosen.attributes.get("value") or ""
            elif kind != "checkbox" or "checked" in field.attributes:
                sent[name] = field.attributes.get("value") or ""
    sent.pop("ready", None)
    return desk.web.post(page, data=sent | given)


def test_a_file_becomes_people_who_can_be_reached(desk):
    page = hand_over(desk).headers["location"]
    text = desk.get(page)
    assert "Favourite colour" in text and "anna@shop.test" in text and "broken" in text
    assert "marketing can reach nobody" in text and "row" in text.lower()
    said = {"everybody-email": "yes", "basis": "consent", "date": "2024-05-31", "source": "shop"}
    looked = send(desk, page, do="look", **said)
    assert "marketing can reach nobody" not in looked.text and "email: granted (consent)" in looked.text
    assert send(desk, page, do="import").headers["location"] == page
    assert "It begins in a moment" in desk.get(page)
    work(desk)
    (row,) = store.listed(desk.db)
    assert (row.state, row.rows, row.accepted, row.errors) == ("done", 3, 2, 1)
    assert desk.web.get(page).headers["location"] == f"/admin/imports/{row.id}"
    kinds = dict(desk.db.execute("SELECT kind, count(*) FROM input GROUP BY kind").fetchall())
    assert kinds["identify"] == 2 and kinds["consent"] == 2
    folder = desk.app.state.settings.data / "imports" / "uploads"
    assert [one.name for one in folder.rglob("*") if one.is_file()] == ["not-taken.csv"]
    assert "broken" in desk.get(f"/admin/imports/{row.id}/report")
    assert "people.csv" in desk.get("/admin/imports") and "1" in desk.get(f"/admin/imports/{row.id}")


def test_it_is_taken_back_after_being_asked_twice(desk):
    page = hand_over(desk).headers["location"]
    send(desk, page, do="import")
    work(desk)
    (row,) = store.listed(desk.db)
    one = f"/admin/imports/{row.id}"
    assert desk.web.post(one + "/undo", data={"csrf": desk.csrf()}).status_code == 400
    desk.web.post(one + "/undo", data={"csrf": desk.csrf(), "sure": "yes"})
    assert "being taken back" in desk.get(one + "/progress")
    work(desk)
    assert store.find(desk.db, row.id).state == "undone" and "Take it back" not in desk.get(one)
    assert desk.db.execute("SELECT count(*) FROM input WHERE source LIKE 'import:%'").fetchone() == (0,)
    assert desk.web.get(one + "/progress").headers["hx-refresh"] == "true"


def test_an_interrupted_import_goes_on_where_it_was(desk):
    rows = "".join(f"u{n},u{n}@shop.test\n" for n in range(3000))
    page = hand_over(desk, "user_id,email\n" + rows).headers["location"]
    send(desk, page, do="import")
    asked = []

    def stopping() -> bool:
        (row,) = store.listed(desk.db) or (None,)
        asked.append(row.position if row else 0)
        return bool(asked[-1])

    Filer(desk.app.state.settings, stopping).turn(desk.db)
    (row,) = store.listed(desk.db)
    assert row.state == "running" and 0 < row.position < 3000
    assert "of 3,000 rows" in desk.get(f"/admin/imports/{row.id}")
    work(desk)
    (row,) = store.listed(desk.db)
    assert (row.state, row.accepted) == ("done", 3000)
    found = desk.db.execute("SELECT count(*) FROM input WHERE kind = 'identify'").fetchone()
    assert found == (3000,)


def test_what_fails_says_why_and_can_be_asked_for_again(desk):
    page = hand_over(desk).headers["location"]
    send(desk, page, do="import")
    path = Path(uploads.find(desk.db, int(page.rpartition("/")[2])).path)
    kept = path.read_bytes()
    path.unlink()
    work(desk)
    assert uploads.listed(desk.db)[0].state == "failed" and uploads.listed(desk.db)[0].fault
    path.write_bytes(kept)
    desk.web.post(page + "/again", data={"csrf": desk.csrf()})
    work(desk)
    assert store.listed(desk.db)[0].state == "done"


def test_a_fault_that_nobody_foresaw_ends_no_other_work(desk):
    """The process that works on files applies the log too."""
    desk.db.execute("ALTER TABLE import_content ADD CHECK (false)")
    page = hand_over(desk).headers["location"]
    send(desk, page, do="import")
    work(desk)
    (found,) = uploads.listed(desk.db)
    assert found.state == "failed" and "log says more" in found.fault


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"PK\x03\x04" + b"x" * 50, "Save the sheet as CSV"),
        (b"\x1f\x8b\x08" + b"x" * 50, "Unpack it"),
        (b"\x00\x01\x02" * 50, "no table"),
        (b"", "empty"),
        (b"a,a\n1,2\n", "twice"),
    ],
)
def test_what_is_no_table_is_refused_and_not_kept(desk, body: bytes, words: str):
    answer = hand_over(desk, body)
    assert answer.status_code == 400 and words in answer.text
    folder = desk.app.state.settings.data / "imports" / "uploads"
    assert not [one for one in folder.rglob("*") if one.is_file()]


def test_a_file_beyond_the_limit_is_refused(desk):
    desk.app.state.settings = msgspec.structs.replace(desk.app.state.settings, import_max_bytes=1000)
    answer = hand_over(desk, PEOPLE * 100)
    assert answer.status_code == 400 and "SLINGA_IMPORT_MAX_BYTES" in answer.text
    assert not uploads.listed(desk.db)


def test_without_the_forms_token_nothing_is_written(desk):
    assert hand_over(desk, csrf="wrong").status_code == 403
    assert not (desk.app.state.settings.data / "imports").exists()


def test_orders_come_in_from_a_file(desk):
    text = "order_id,email,order_date,sku,quantity,price\n"
    text += "w1,a@shop.test,2024-01-02,K1,2,10.50\nw1,a@shop.test,2024-01-02,K2,1,5\n"
    page = hand_over(desk, text, "orders.csv").headers["location"]
    assert "Order Completed" in desk.get(page)
    send(desk, page, do="import")
    work(desk)
    body = desk.db.execute("SELECT body FROM input WHERE name = 'Order Completed'").fetchone()[0]
    assert body["properties"]["total"] == 26 and len(body["properties"]["products"]) == 2


def test_a_file_is_thrown_away(desk):
    page = hand_over(desk).headers["location"]
    desk.web.post(page + "/discard", data={"csrf": desk.csrf()})
    desk.get(page, 404)
    assert not [one for one in (desk.app.state.settings.data / "imports").rglob("*") if one.is_file()]


def test_what_stands_in_a_file_is_text(desk):
    cell = '"' + CANARY.replace('"', '""') + '"'
    page = hand_over(desk, f"email,{cell}\na@shop.test,{cell}\n{cell},x\n", CANARY + ".csv").headers[
        "location"
    ]
    for path in (page, "/admin/imports"):
        text = desk.get(path)
        tree = LexborHTMLParser(text)
        assert not tree.css("img") and not tree.css("script:not([src^='/assets/'])") and "2962962" not in text
    send(desk, page, do="import")
    work(desk)
    tree = LexborHTMLParser(desk.get(f"/admin/imports/{store.listed(desk.db)[0].id}"))
    assert not tree.css("img")


def test_who_may_not_import_is_refused(desk):
    desk.db.execute("UPDATE member SET role = 'analyst'")
    assert desk.web.get("/admin/imports").status_code == 403


@pytest.mark.parametrize(
    ("use", "name"),
    [
        ("user", ""),
        ("email", ""),
        ("trait", "shade"),
        ("consent.sms.status", ""),
        ("suppress", ""),
        ("as_of", ""),
        ("", ""),
    ],
)
def test_a_columns_use_is_what_was_chosen(use: str, name: str):
    document = cols.explicit(
        {"kind": "people", "person": {"email": "Mail"}, "others": "traits"}, ["Mail", "C"]
    )
    assert cols.use_of(document, "C") == ("trait", "C") and cols.use_of(document, "Mail") == ("email", "")
    changed = cols.use(document, "C", use, name)
    assert cols.use_of(changed, "C") == (use, name)
    assert cols.use(changed, "C", use, name) == changed
    assert cols.use_of(cols.use(changed, "C", "trait", "C"), "C") == ("trait", "C")


def test_the_report_of_rows_not_taken_is_forgotten_with_time(desk) -> None:
    hand_over(desk)
    answer = send(desk, "/admin/imports/files/1", do="import")
    assert answer.status_code == 303, answer.text[:500]
    work(desk)
    settings = desk.app.state.settings
    report = Path(store.find(desk.db, 1).report)
    assert report.is_file()
    now = clock.now(desk.db)
    assert due(desk.db, settings, now + 31 * DAY)["reports of imports"] == 1
    assert tidy(desk.db, settings, now + 29 * DAY)["reports of imports"] == 0 and report.is_file()
    assert tidy(desk.db, settings, now + 31 * DAY)["reports of imports"] == 1
    assert not report.exists()
    assert "Download the rows" not in desk.get("/admin/imports/1")
    assert desk.web.get("/admin/imports/1/report").status_code == 404
