"""Rows of people: who, what they permit, what is known; each row comes back once."""

import os
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slinga.imports import mappings, parse
from slinga.imports.model import People
from slinga.imports.people import Reader
from slinga.imports.rows import Fault, Header, Made, Row, Setting
from slinga.kernel.clock import instant
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import person_key

NOW = instant("2026-03-02T12:00:00Z")
SETTING = Setting(7, NOW, ZoneInfo("Europe/Stockholm"))


def reader(document: dict, *columns: str, **more) -> Reader:
    found = parse({"kind": "people", **document})
    assert isinstance(found, People)
    return Reader(found, Header(columns), SETTING, **more)


def row(*cells: str, line: int = 2) -> Row:
    return Row(0, line, cells)


CONSENT = {
    "channel": "email",
    "status": {"column": "ok", "values": {"yes": "granted", "no": "withdrawn"}},
    "basis": {"column": "basis"},
    "date": {"column": "since"},
    "source": {"column": "form"},
}
COLUMNS = ("email", "ok", "basis", "since", "form")


def permits(*cells: str) -> Made:
    made = reader({"person": {"email": "email"}, "consents": [CONSENT]}, *COLUMNS).read(row(*cells))
    assert isinstance(made, Made)
    return made


def test_a_person_is_told_with_identifiers_traits_and_links() -> None:
    document = {"person": {"user": "id", "email": "Mail"}, "traits": {"city": "Ort"}}
    made = reader(document, "id", "Mail", "Ort").read(row("u1", "Anna@Example.org", " Växjö "))
    assert isinstance(made, Made)
    who, link = (item.new for item in made.items)
    assert who is not None and link is not None
    assert who.person == person_key("user", "u1") and who.kind == "identify" and who.source == "import:7"
    assert who.body["traits"] == {"city": "Växjö", "email": "anna@example.org"}
    assert link.kind == "merge" and link.person == person_key("email", "anna@example.org")
    assert link.body["other"] == who.person


def test_a_grant_carries_basis_date_and_source() -> None:
    (entry,) = (
        i.consent for i in permits("a@b.se", "yes", "consent", "2024-05-01", "footer").items if i.consent
    )
    assert (entry.action, entry.basis, entry.source, entry.actor) == (
        "granted",
        "consent",
        "import",
        "import:7",
    )
    assert entry.occurred_at == instant("2024-04-30T22:00:00Z")
    assert entry.evidence == {"stated_source": "footer"}


@pytest.mark.parametrize("missing", [2, 3, 4])
def test_without_basis_date_or_source_nothing_is_permitted(missing: int) -> None:
    cells = ["a@b.se", "yes", "consent", "2024-05-01", "footer"]
    cells[missing] = ""
    made = permits(*cells)
    assert not [i for i in made.items if i.consent]
    assert made.note is not None and "no permission" in made.note.problem
    assert made.note.column == COLUMNS[missing]


def test_a_withdrawal_needs_nothing_and_an_unknown_word_says_nothing() -> None:
    (entry,) = (i.consent for i in permits("a@b.se", "no", "", "", "").items if i.consent)
    assert entry.action == "withdrawn" and entry.occurred_at == NOW
    assert not [i for i in permits("a@b.se", "maybe", "consent", "2024-05-01", "x").items if i.consent]


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        (("", "", "", "", ""), "email", "nobody"),
        (("not an address", "", "", "", ""), "email", "address"),
        (("a@b.se", "yes", "because", "2024-05-01", "x"), "basis", "one of"),
        (("a@b.se", "yes", "consent", "last year", "x"), "since", "ISO 8601"),
    ],
)
def test_a_fault_names_line_column_and_remedy(cells: tuple[str, ...], column: str, said: str) -> None:
    found = reader({"person": {"email": "email"}, "consents": [CONSENT]}, *COLUMNS).read(row(*cells, line=9))
    assert isinstance(found, Fault)
    assert (found.line, found.column) == (9, column) and said in found.problem


def test_tags_stages_and_suppressions() -> None:
    document = {
        "person": {"email": "email"},
        "tags": ["from-shop", {"column": "tags"}, {"column": "vip", "name": "vip"}],
        "stages": [{"model": "bow-tie", "stage": {"column": "stage"}}],
        "suppress": [{"when": {"column": "dead", "default": "yes"}, "scope": "global", "reason": "bounced"}],
    }
    columns = ("email", "tags", "vip", "stage", "dead")
    known = lambda model, stage, status: "" if stage == "loyalty" else "it has loyalty"  # noqa: E731
    made = reader(document, *columns, stages=known).read(
        row("a@b.se", '"red", blue', "ja", "loyalty", "HARD")
    )
    assert isinstance(made, Made)
    commands = [(i.new.name, i.new.body.get("tag") or i.new.body["stage"]) for i in made.items[1:] if i.new]
    assert commands == [
        ("tag", "from-shop"),
        ("tag", "red"),
        ("tag", "blue"),
        ("tag", "vip"),
        ("set_stage", "loyalty"),
    ]
    (suppress,) = (i.suppress for i in made.items if i.suppress)
    assert (suppress.address, suppress.scope, suppress.reason) == ("a@b.se", "global", "bounced")
    wrong = reader(document, *columns, stages=known).read(row("a@b.se", "", "", "friend", ""))
    assert isinstance(wrong, Fault) and wrong.column == "stage" and "it has loyalty" in wrong.problem


def test_the_same_content_has_the_same_id_at_any_time_and_place() -> None:
    document = {"person": {"user": "id"}, "traits": {"city": "city"}, "tags": ["x"]}
    found = parse({"kind": "people", **document})
    assert isinstance(found, People)
    first = Reader(found, Header(["id", "city"]), SETTING).read(row("u1", "Umeå"))
    later = Reader(found, Header(["city", "ID"]), Setting(8, NOW + 10**9, ZoneInfo("UTC"))).read(
        Row(1, 77, ("Umeå", "u1"))
    )
    assert isinstance(first, Made) and isinstance(later, Made)
    assert [i.id for i in first.items] == [i.id for i in later.items]
    other = Reader(found, Header(["id", "city"]), SETTING).read(row("u1", "Luleå"))
    assert isinstance(other, Made) and other.items[0].id != first.items[0].id


def test_a_mapping_for_other_columns_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match='no column "Mail"; it has "E-post"') as fault:
        reader({"person": {"email": "E-post"}, "traits": {"mail": "Mail"}}, "E-post")
    assert fault.value.field == "traits.mail"


def test_a_local_phone_number_needs_its_country() -> None:
    plain = reader({"person": {"phone": "tel"}}, "tel").read(row("070-174 06 05"))
    assert isinstance(plain, Fault) and "country prefix" in plain.problem
    made = reader({"person": {"phone": "tel", "region": "SE"}}, "tel").read(row("070-174 06 05"))
    assert isinstance(made, Made) and made.person == person_key("phone", "+46701740605")


KLAVIYO = (
    "Email", "Klaviyo ID", "First Name", "Email Marketing Consent", "Email Marketing Consent Timestamp",
    "Email Suppressions", "Source", "Shoe Size",
)  # fmt: skip


def test_a_klaviyo_export() -> None:
    document = mappings.document("klaviyo")
    for consent in document["consents"]:
        consent["basis"] = "consent"
    found = parse(document)
    assert isinstance(found, People)
    read = Reader(found, Header(KLAVIYO), SETTING).read
    since = "2023-01-02 10:00:00"
    yes = read(row("a@b.se", "01ABC", "Anna", "SUBSCRIBED", since, "[]", "Footer", "38"))
    gone = read(row("b@b.se", "01ABD", "Bo", "UNSUBSCRIBED", since, "", "Footer", ""))
    dead = read(row("c@b.se", "01ABE", "Cy", "NEVER_SUBSCRIBED", "", "[HARD_BOUNCE]", "", ""))
    assert isinstance(yes, Made) and isinstance(gone, Made) and isinstance(dead, Made)
    assert [i.consent.action for i in yes.items if i.consent] == ["granted"]
    assert yes.items[0].new is not None and yes.items[0].new.body["traits"]["Shoe Size"] == 38
    assert [i.consent.action for i in gone.items if i.consent] == ["withdrawn"]
    assert not [i for i in dead.items if i.consent] and [i.suppress for i in dead.items if i.suppress]


def test_mailchimp_youlead_and_rule_exports() -> None:
    def read(name: str, columns: tuple[str, ...], *cells: str) -> Made:
        document = mappings.document(name)
        for consent in document["consents"]:
            consent["basis"] = "consent"
        found = parse(document)
        assert isinstance(found, People)
        made = Reader(found, Header(columns), SETTING).read(row(*cells))
        assert isinstance(made, Made), made
        return made

    def states(made: Made) -> list[str]:
        return [i.consent.action for i in made.items if i.consent]

    columns = ("Email Address", "First Name", "CONFIRM_TIME", "UNSUB_TIME", "CLEAN_TIME", "TAGS")
    assert states(read("mailchimp", columns, "a@b.se", "A", "2024-01-01 10:00:00", "", "", "")) == ["granted"]
    left = read("mailchimp", columns, "a@b.se", "A", "2024-01-01 10:00:00", "2024-02-01 10:00:00", "", "")
    assert states(left) == ["granted", "withdrawn"]
    cleaned = read("mailchimp", columns, "a@b.se", "A", "", "", "2024-02-01 10:00:00", '"one","two"')
    assert states(cleaned) == [] and [i.suppress for i in cleaned.items if i.suppress]
    assert [i.new.body["tag"] for i in cleaned.items if i.new and i.new.name == "tag"] == ["one", "two"]

    columns = ("E-mail", "Imię", "Telefon", "Zgoda e-mail", "Data zgody", "Źródło zgody", "Tag")
    pl = read("youlead", columns, "a@b.pl", "Ola", "601 602 603", "tak", "2024-01-01", "formularz", "vip")
    assert states(pl) == ["granted"] and ("phone", "+48601602603") in [
        tuple(pair)
        for pair in pl.items[0].new.body["identifiers"]  # type: ignore[union-attr]
    ]
    assert states(read("youlead", columns, "a@b.pl", "Ola", "", "nie", "", "", "")) == ["denied"]

    columns = ("E-post", "Mobilnummer", "Förnamn", "Opted_in", "Created at", "Taggar")
    assert states(read("rule", columns, "a@b.se", "", "Eva", "1", "2024-01-01", "kund")) == ["granted"]


CELL = st.text(max_size=12) | st.sampled_from(
    ["a@b.se", "yes", "no", "consent", "2024-05-01", "footer", "0", "null"]
)


@settings(max_examples=1_000 if os.environ.get("SLINGA_LONG") else 40, deadline=None)
@given(st.lists(st.tuples(*[CELL] * len(COLUMNS)), max_size=12))
def test_each_row_comes_back_once(rows: list[tuple[str, ...]]) -> None:
    read = reader({"person": {"email": "email"}, "consents": [CONSENT]}, *COLUMNS).read
    for line, cells in enumerate(rows, 2):
        found = read(row(*cells, line=line))
        if isinstance(found, Fault):
            assert found.line == line and found.problem
        else:
            assert found.rows == 1 and found.items


def test_a_permission_keeps_the_words_that_were_read() -> None:
    shown = CONSENT | {"wording": {"column": "text"}, "wording_id": "footer/3"}
    columns = (*COLUMNS, "text")
    cells = ("anna@example.org", "yes", "consent", "2025-05-01", "footer", "Write to me now and then")
    made = reader({"person": {"email": "email"}, "consents": [shown]}, *columns).read(row(*cells))
    assert isinstance(made, Made)
    (entry,) = [item.consent for item in made.items if item.consent]
    assert entry.evidence["wording"] == "Write to me now and then"
    assert entry.evidence["wording_id"] == "footer/3" and len(entry.evidence["wording_sha256"]) == 64
    plain, same = (permits(*cells[:5]) for _ in range(2))
    ids = [item.id for each in (plain, same, made) for item in each.items if item.consent]
    assert ids[0] == ids[1] != ids[2], "a mapping without words takes in the same entries as before"
