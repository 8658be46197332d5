"""`slinga simulate` as a marketer calls it: files of drafts in, tables out, files where asked."""

import csv
from pathlib import Path

import msgspec
import pytest

from slinga.engine.jobs import publish
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel import yaml
from slinga.kernel.clock import DAY, instant
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import person_key
from slinga.runtime.db import Db
from slinga.testing.drafts import letter, on, sending

BEGIN = instant("2026-01-05T09:00:00Z")


@pytest.fixture
def past(db: Db) -> Db:
    """Three people; two of them gave an address and a permission."""
    publish(db, [letter("hello")], zone="Europe/Stockholm")
    inputs = []
    for number in range(3):
        who = person_key("user", f"p{number}")
        if number:
            traits = {"email": f"p{number}@example.org"}
            inputs.append(New(who, "identify", body={"traits": traits}, source="import:1"))
            allowed = {"channel": "email", "action": "granted", "source": "form"}
            inputs.append(New(who, "consent", body=allowed, source="import:1"))
        for day in (0, 40):
            inputs.append(
                New(
                    who,
                    "history",
                    "Order Completed",
                    {"properties": {"order_id": f"{number}-{day}"}},
                    source="import:2",
                    occurred_at=BEGIN + day * DAY,
                )
            )
    with db.transaction():
        log.append(db, inputs)
    return db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "drafts"
    (place / "journeys").mkdir(parents=True)
    document = sending("thanks", ["hello"], on("Order Completed")).document
    (place / "journeys" / "thanks.yaml").write_text(yaml.dump(document))
    return place


def test_a_folder_is_rehearsed_and_told(past, run, folder, tmp_path):
    text = run(
        "simulate", folder, "--processes", 1, "--entries", tmp_path / "e.csv", "--json", tmp_path / "r.json"
    )
    assert "journey thanks (new)" in text
    assert "6 entries by 3 people" in text
    assert "4 messages to 2 people" in text
    assert "The person has no address on this channel" in text
    assert person_key("user", "p0") in text
    assert "Nothing: every other message goes out, at the same instant." in text
    assert "messages by week from" in text and "2026-01-05" in text

    rows = list(csv.DictReader((tmp_path / "e.csv").read_text().splitlines()))
    assert len(rows) == 6
    assert {row["at"] for row in rows} == {"2026-01-05T09:00:00.000Z", "2026-02-14T09:00:00.000Z"}
    report = msgspec.json.decode((tmp_path / "r.json").read_bytes())
    assert report["journeys"][0]["entries"] == 6
    assert report["reactions"]["name"] == "none"
    assert len(report["entries"]) == 6


def test_a_file_alone_says_what_it_is(past, run, folder, tmp_path):
    lone = tmp_path / "mine.yaml"
    lone.write_text((folder / "journeys" / "thanks.yaml").read_text())
    encoded = run("simulate", lone, "--processes", 1, "--json", "-", "--until", "2026-02-01")
    report = msgspec.json.decode(encoded)
    assert (report["journeys"][0]["entries"], report["until"]) == (3, "2026-01-31T23:00:00.000Z")
    lone.write_text("hello: world\n")
    with pytest.raises(Invalid, match="is no definition"):
        run("simulate", lone)


def test_reactions_come_from_a_file(past, run, folder, tmp_path):
    own = tmp_path / "ours.yaml"
    own.write_text("{name: ours, source: last year, channels: {email: {unsubscribed: 1.0}}}")
    text = run("simulate", folder, "--processes", 1, "--reactions", own)
    assert "Reactions: ours (last year), seed 1" in text
    assert "email: unsubscribed 100.00% of the messages" in text
    assert "2 messages to 2 people" in text and "The person has withdrawn permission" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sample", "8"), "not a part such as 1/8"),
        (("--from", "soon"), "neither a date"),
        (("--reactions", "wild"), "neither a file nor one of none, typical, learned"),
        (("--journey", "nix"), "no journey 'nix'"),
        (("--retire", "nix"), "no journey 'nix' to retire"),
        (("--enter-existing", "nix"), "no journey 'nix' among the drafts"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_line(past, run, folder, arguments, said):
    with pytest.raises(Invalid, match=said):
        run("simulate", folder, "--processes", 1, *arguments)


def test_a_draft_that_would_not_publish_is_refused(past, run, folder):
    bad = folder / "journeys" / "thanks.yaml"
    bad.write_text(bad.read_text().replace("template: hello", "template: lost"))
    with pytest.raises(Invalid, match="no template 'lost'"):
        run("simulate", folder)
