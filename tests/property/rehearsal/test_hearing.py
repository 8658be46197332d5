"""What is not listened to decides nothing: a life in which it is left out is the life in which it is not.

Compared over made-up stories of a shop, under the demo's definitions: every fact but `score_moved` (a score
that fades says so whenever somebody looks), and every message with its instant.
"""

import os
from collections import defaultdict
from collections.abc import Iterable

import msgspec
import pytest

from slinga.demo.definitions import ZONE, documents
from slinga.engine.model import Person, Program
from slinga.engine.program import Part, compile_program
from slinga.ingest.model import Input
from slinga.kernel.clock import DAY
from slinga.people.model import Fact
from slinga.rehearsal.fold import Life, live, stage_of
from slinga.rehearsal.hearing import Heard, listening
from slinga.rehearsal.model import Span
from slinga.rehearsal.reactions import TYPICAL
from slinga.rehearsal.replay import Past, Row, past_of
from slinga.testing.drafts import did, letter, on, segment, sending
from slinga.testing.story import BEGIN, Step, tell

SEEDS = range(1, 40) if os.environ.get("SLINGA_LONG") else (3, 4)
END = BEGIN + 400 * DAY
EVERYTHING = Heard(None, True)


def program(kinds: Iterable[str], *, more: bool) -> Program:
    """The demo's definitions of some kinds, and drafts that listen to a part of what one event says."""
    found = {(k, key, 1): doc for k, key, doc in documents("https://shop.example") if k in kinds}
    if more:
        tea = did("Product Viewed", last="14d", category="tea", times=2)
        own = [
            segment("keen-on-tea", tea),
            letter("note", **{"class": "transactional"}),
            sending("tea", ["note"], {"on": "segment", "key": "keen-on-tea", "change": "entered"}),
            sending(
                "cups",
                ["win-back-2"],
                {**on("Product Viewed"), "where": [{"prop": "category", "value": "cup"}]},
            ),
        ]
        found |= {(one.kind, one.key, 1): one.document or {} for one in own}
    parts = [Part(*name, live_from=BEGIN) for name in found]
    return compile_program(2, ZONE, parts, found)


def rows(story: Iterable[Step]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for step in story:
        for new in step.inputs:
            occurred = step.at if new.occurred_at is None else min(new.occurred_at, step.at)
            found[new.person].append(
                Row(new.kind, new.name, new.trust, new.source, step.at, occurred, dict(new.body))
            )
    return found


def told(life: Life) -> list[Fact]:
    return [fact for fact in life.facts if fact.kind != "score_moved"]


class _All:
    """Ears to which everything is news."""

    def touches(self, person: Person, item: Input) -> bool:
        return True


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("kinds", "more"),
    [
        (("journey", "template", "segment", "model", "score", "policy", "brand"), False),
        (("template", "policy"), True),
    ],
    ids=["the demo", "parts of what an event says"],
)
def test_leaving_out_what_nobody_hears_changes_nothing(seed: int, kinds: tuple[str, ...], more: bool) -> None:
    compiled = program(kinds, more=more)
    heard, span = listening([compiled]), Span(None, END, BEGIN)
    lean = stage_of(compiled, span, heard, TYPICAL, 1)
    whole = msgspec.structs.replace(stage_of(compiled, span, EVERYTHING, TYPICAL, 1), ears=_All())  # type: ignore[arg-type]
    names = None if heard.visits else heard.names
    skipped = decided = 0
    for key, theirs in rows(tell(seed, people=14, steps=50, events=8)).items():
        all_of_it = past_of(theirs, None, BEGIN, None)
        less: Past = past_of(theirs, None, BEGIN, names)
        deaf = [i for i in less.inputs if i.kind == "event" and not lean.ears.touches(Person(key=key), i)]
        skipped += len(all_of_it.inputs) - len(less.inputs) + len(deaf)
        short, long = live(key, less, lean), live(key, all_of_it, whole)
        assert [(one.at, one.intent.send_key) for one in short.sent] == [
            (one.at, one.intent.send_key) for one in long.sent
        ]
        assert told(short) == told(long)
        decided += len(long.sent) + sum(fact.kind == "step" for fact in long.facts)
    assert decided > 20, "something is decided"
    assert skipped or not more, "something is left out"
