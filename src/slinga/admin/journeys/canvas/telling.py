"""What the island is given: forms in the member's language, and what is said of a document.

In: forms, a document, faults. Out: plain data for JSON.
Always true: pure; what the canvas says of a step, the outline says too.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.admin.journeys import lines
from slinga.admin.journeys.lines import Say
from slinga.admin.journeys.outline import Fault
from slinga.admin.shell.words import noted as N_
from slinga.journeys import editing, forms, steps
from slinga.journeys.editing import Document, Forms
from slinga.journeys.forms import Field, Form, Variant

WORDS = (
    N_("Add a step"), N_("Add a step after"), N_("Add a step here"), N_("Add one"), N_("Cancel"),
    N_("Choose …"), N_("Clear"),
    N_("Close"), N_("Use the whole window"),
    N_("When they come in"), N_("Nothing happens."), N_("Commands"),
    N_("Empty: now. On a day that has passed they are as they were then. From then on they do nothing."),
    N_("Copy"), N_("Delete"),
    N_("Duplicate"), N_("E-mail address, id or key"), N_("Earlier"), N_("Flow"), N_("Fri"), N_("Later"),
    N_("Lead there"), N_("Messages"), N_("Mon"), N_("Not saved yet"),
    N_("Not saved: no answer. It is tried again."), N_("Or lead this way to a step that is there"),
    N_("Others"), N_("Paste"), N_("Redo"), N_("Review and publish"), N_("Sat"), N_("Saved"), N_("Saving …"),
    N_("Settings"),
    N_("Show what would happen"), N_("Small map"), N_("Starts when"), N_("Sun"), N_("Take away"),
    N_("That did not work."), N_("The end"), N_("The journey as a whole"), N_("The person"), N_("Thu"),
    N_("To mend"), N_("Try it as a person"), N_("Tue"), N_("Undo"), N_("Wed"), N_("When it is refused"),
    N_("When the time is up"), N_("advice"), N_("error"), N_("failed"), N_("met"), N_("not met"),
    N_("passed"),
    N_("several, with commas between"), N_("skipped"),
    N_("steps are chosen. Copy, paste or delete them together."), N_("such as 2h, 3d or 6mo"), N_("waiting"),
    N_("Arrow keys go along the ways, Enter opens the settings, A adds a step, Delete removes it, with Shift "
       "they choose several."),
)  # fmt: skip
"""Every word of the island."""


def told(_: Say, kinds: Forms, document: Document, faults: Sequence[Fault]) -> dict[str, Any]:
    """What is said of a document: a line for each node, and what to mend."""
    starts = lines.starts(kinds, document)
    said, names = {}, steps.names(_, kinds, document)
    for key, node in document.get("nodes", {}).items():
        after = lines.after(_, starts[key]) if node.get("type") == "send" and key in starts else ""
        ways = {slot: steps.way(_, node, slot) for slot in editing.slots(kinds, node)}
        does = steps.does(_, kinds, node) if node.get("title") else ""
        said[key] = {"name": names[key], "does": does, "after": after, "ways": ways}
    return {
        "starts": lines.trigger(_, document.get("trigger")),
        "lines": said,
        "faults": faults,
    }


def spoken_forms(_: Say, kinds: Forms) -> list[dict[str, Any]]:
    """The node types with words in the member's language and their ways out."""
    return [_form(_, form) for form in kinds.values()]


def _form(_: Say, form: Form) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(form)
    found |= {
        "label": _(form.label),
        "help": _(form.help),
        "fields": spoken(_, form.fields),
        "exits": forms.exits(form),
    }
    return found


def spoken(_: Say, fields: Sequence[Field]) -> list[Field]:
    """Fields with words in the member's language."""
    return [
        msgspec.structs.replace(
            field,
            title=_(field.title),
            help=_(field.help) if field.help else "",
            options=tuple((key, _(name)) for key, name in field.options),
            fields=tuple(spoken(_, field.fields)),
            variants=tuple(spoken_variants(_, field.variants)),
        )
        for field in fields
    ]


def spoken_variants(_: Say, variants: Sequence[Variant]) -> list[Variant]:
    """Variants with words in the member's language."""
    return [
        msgspec.structs.replace(each, title=_(each.title), fields=tuple(spoken(_, each.fields)))
        for each in variants
    ]
