"""What the editor's island is given: its document, its forms, its words in the member's language.

In: a template, the brand, pictures, a locale. Out: plain data.
Always true: pure but for reading catalogues; a test fails where the island says a word that is not here.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from slinga.access.model import Member
from slinga.admin.shell.words import noted as N_
from slinga.admin.shell.words import translations
from slinga.admin.writing import editing, forms, names, plainly
from slinga.messages.model import Brand

WORDS: tuple[str, ...] = (
    N_("A heading"),
    N_("A heading, if you like"),
    N_("Above the code"),
    N_("1 text message, {used} of {room} characters"),
    N_("Address"),
    N_("Always"),
    N_("As it was written by hand"),
    N_("Comparison"),
    N_("Below the code"),
    N_("Block: {name}"),
    N_("Blocks to add"),
    N_("Bold"),
    N_("Choose a block to change it. Alt with the arrow keys moves it; drag it by its name."),
    N_("Choose a picture at the right"),
    N_("Choose what you get"),
    N_("Code"),
    N_("Copy"),
    N_("Dark"),
    N_("Desktop"),
    N_("Down"),
    N_("Drag to move"),
    N_("Drop a block here"),
    N_("Edit"),
    N_("Edit or look"),
    N_("For whom and how often"),
    N_("Heading"),
    N_("Heading above"),
    N_("How long it holds"),
    N_("If it is missing, say"),
    N_("Insert data"),
    N_("Italic"),
    N_("Language"),
    N_("Link"),
    N_("List"),
    N_("Marks"),
    N_("No blocks yet. Choose one at the left."),
    N_("Number of columns"),
    N_("Numbered list"),
    N_("Phone"),
    N_("Product {number}"),
    N_("Redo"),
    N_("Reload"),
    N_("Remove"),
    N_("Saved"),
    N_("Saving"),
    N_("Slinga does not answer. What you wrote is still here."),
    N_("Text"),
    N_("That did not work. Try again."),
    N_("The brand's places elsewhere"),
    N_("The chosen block"),
    N_("The mail"),
    N_("Undo"),
    N_("These signs leave room for 70 instead of 160 characters: {signs}"),
    N_("Unsubscribe"),
    N_("Up"),
    N_("Value"),
    N_("What {language} says. Empty: as the next language does."),
    N_("Why it came"),
    N_("Why this mail came"),
    N_("Words"),
    N_("Words of the button"),
    N_("Write something"),
    N_("Your brand"),
    N_("Your code"),
    N_("chosen by hand"),
    N_("for each of {list}"),
    N_("friend"),
    N_("from {list}"),
    N_("if {condition}"),
    N_("only if {condition}"),
    N_("otherwise"),
    N_("so far"),
    N_("unless {condition}"),
    N_("{parts} text messages, {used} of {room} characters in the last one"),
    N_("{name} contains {value}"),
    N_("{name} is known"),
    N_("{name} is less than {value}"),
    N_("{name} is missing"),
    N_("{name} is more than {value}"),
    N_("{name} is not {value}"),
    N_("{name} is {value}"),
    N_("{name}, or {otherwise}"),
)
"""Every text that the island shows; values stand in braces."""


def tongue(member: Member | None, traits: Iterable[str] = ()) -> dict[str, str]:
    """What a page puts beside the island's script: the texts and the names of data, as JSON."""
    locale = member.locale if member else "en"
    named = names.every(translations(locale).gettext, traits)
    return {"words": _json(words(locale)), "names": _json(named)}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def words(locale: str) -> dict[str, str]:
    """The texts that differ in a language, those of the forms too."""
    say = translations(locale).gettext
    every = dict.fromkeys(WORDS)
    every |= dict.fromkeys(said for _, said in plainly.HOWS)
    for form in forms.FORMS.values():
        every |= dict.fromkeys((form.name, form.about))
        for field in (*form.fields, *forms.SHOWN):
            every |= dict.fromkeys((field.label, field.hint, *(name for _, name in field.options)))
    return {text: said for text in every if text and (said := say(text)) != text}


def given(
    document: dict[str, Any], revision: int, brand: Brand, pictures: list[tuple[str, str]]
) -> dict[str, Any]:
    """The document and all that it takes to edit it."""
    return {
        "document": document,
        "revision": revision,
        "forms": {name: msgspec.to_builtins(each) for name, each in forms.FORMS.items()},
        "shown": msgspec.to_builtins(forms.SHOWN),
        "inner": sorted(editing.INNER),
        "words": editing.WORDS,
        "hows": plainly.HOWS,
        "brand": msgspec.to_builtins(brand),
        "pictures": pictures,
    }
