"""A journey as the pages of this room open it: draft or in force, with everything around it.

In: a connection, a key. Out: `Opened`, names and choices for the forms, faults.
Always true: nothing here writes.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from slinga.admin.journeys.outline import Fault
from slinga.admin.shell.names import places
from slinga.admin.shell.words import noted as N_
from slinga.drafts import Draft
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import InForce, extensions, in_force
from slinga.journeys import editing, forms, steps
from slinga.journeys.editing import Document, Forms
from slinga.kernel.errors import Missing
from slinga.kernel.words import Text, Words, worded
from slinga.runtime.db import Db

CHANNELS = {"email": N_("E-mail"), "push": N_("Push"), "sms": N_("SMS"), "webhook": N_("Webhook")}
LACKING = re.compile(r"missing required field `(\w+)`")
MISFIT = re.compile(r"[Ee]xpected `|[Ii]nvalid (enum )?value |[Oo]bject contains unknown field")
"""How the converter begins when a value is of the wrong kind."""
LACKS = {
    "start": N_("There is no step yet. Add the first one."),
    "when": N_("Say who takes this way."),
    "op": N_("A condition is still to be chosen."),
    "template": N_("Choose a message."),
    "name": N_("Give it a name."),
    "condition": N_("Say what counts as reached."),
}
Choices = dict[str, list[tuple[str, str]]]
"""What a form offers, by what it refers to: (value, name)."""


class Opened(msgspec.Struct, frozen=True):
    """A journey: the document being looked at, its draft if there is one, the version in force (0: none)."""

    key: str
    document: Document
    draft: Draft | None
    version: int
    in_force: Document | None
    present: InForce

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.document.get("name") or self.key)

    @property
    def revision(self) -> int:
        """The draft's revision; 0 where there is no draft."""
        return self.draft.revision if self.draft else 0


def node_forms() -> Forms:
    """The forms of every node type, installed ones included."""
    return forms.nodes(extensions())


def opened(db: Db, key: str) -> Opened:
    """A journey that is drafted or in force. Raises Missing."""
    present = in_force(db)
    draft = drafts.find(db, "journey", key)
    live = present.documents.get(("journey", key))
    document = draft.document if draft else live
    if document is None:
        document = next((v.document for v in drafts.versions(db, "journey", key)), None)
    if document is None:
        raise Missing("There is no such journey. It may have been discarded.", field="key")
    return Opened(key, document, draft, present.versions.get(("journey", key), 0), live, present)


def names(present: InForce, others: Iterable[Draft] = ()) -> dict[tuple[str, str], str]:
    """What definitions are called, drafts included, and the stages and statuses of models."""
    found = {name: str(document.get("name") or name[1]) for name, document in present.documents.items()}
    for draft in others:
        found.setdefault((draft.kind, draft.key), draft.name)
    for (kind, key), document in present.documents.items():
        if kind == "model":
            found |= places(key, document)
    return {name: said for name, said in found.items() if said}


def step_names(db: Db, _: Words, key: str) -> dict[str, str]:
    """What the steps of a journey are called, in the order of the way; then those only older versions had."""
    kinds, found = node_forms(), dict[str, str]()
    for version in drafts.versions(db, "journey", key):
        called = steps.names(_, kinds, version.document)
        for node in [*editing.reached(kinds, version.document), *called]:
            found.setdefault(node, called[node])
    return found


def choices(present: InForce, called: Mapping[tuple[str, str], str], _: Words) -> Choices:
    """What the fields that refer to something offer."""
    found: Choices = {kind: [] for kind in ("template", "journey", "model", "score", "segment")}
    for (kind, key), name in sorted(called.items(), key=lambda each: each[1].lower()):
        if kind in found:
            found[kind].append((key, name))
    found["channel"] = [(channel, _(name)) for channel, name in CHANNELS.items()]
    several: list[tuple[str, str]] = []
    stages: dict[str, str] = {}
    statuses: dict[str, str] = {}
    for (kind, key), document in present.documents.items():
        if kind == "model":
            for stage in document.get("stages", ()):
                name = str(stage.get("name") or stage.get("key"))
                several.append((f"{key}/{stage.get('key')}", f"{document.get('name', key)}: {name}"))
                stages[str(stage.get("key"))] = name
                statuses |= {str(s["key"]): str(s.get("name") or s["key"]) for s in stage.get("statuses", ())}
        if kind == "policy":
            topics = document.get("topics", ())
            found["topic"] = [(str(t.get("key")), str(t.get("name") or t.get("key"))) for t in topics]
    found |= {"place": several, "stage": list(stages.items()), "status": list(statuses.items())}
    found.setdefault("topic", [])
    return found


def faults(db: Db, _: Words, key: str, document: Document) -> list[Fault]:
    """What is wrong or odd, with the node each is at ("" is the header), in the language of whoever looks."""
    kinds = node_forms()
    here = _.naming(dict(steps.known(_, kinds, key, document)))
    found = []
    for problem in drafts.findings(db, {("journey", key): document}):
        node, field = place(problem.field)
        of = document.get("nodes", {}).get(node) if node else None
        form = kinds.get(str(of.get("type", ""))) if isinstance(of, dict) else None
        fields = form.fields if form else () if node else forms.header()
        setting = next((each.title for each in fields if each.name == field.partition(".")[0]), "")
        message = plainly(problem.text).said(here)
        found.append(Fault(node, field, message, problem.weight, _(setting) if setting else ""))
    return found


def plainly(text: Text) -> Text:
    """A finding as whoever fills in a form understands it."""
    if lack := LACKING.search(text.source):
        return Text(LACKS.get(lack[1], N_("Something is still to be filled in here.")))
    return worded("this value does not fit here") if MISFIT.match(text.source) else text


def place(field: str) -> tuple[str, str]:
    """The node of a finding and the field in it; "" and the whole path for one of the header."""
    head, _, rest = field.partition(".")
    node, _, inner = rest.partition(".")
    return (node, inner) if head == "nodes" else ("", field)


def faulty(db: Db, begun: Mapping[str, Draft]) -> dict[str, int]:
    """How many things are to be mended in each journey that is drafted; what is in force has no errors."""
    if not begun:
        return {}
    found: dict[str, int] = {}
    for problem in drafts.findings(db, {("journey", key): draft.document for key, draft in begun.items()}):
        key = problem.file.partition("/")[2]
        found[key] = found.get(key, 0) + (problem.weight == "error")
    return found
