"""Data in words as people call them: `{{ person.first_name }}` is the first name.

In: text with Liquid, a translation. Out: the text in pieces, the places for data apart; names to insert.
Always true: pure; what has no name of ours is called by the last part of its path; nothing is rendered.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from slinga.admin.shell.words import noted as N_
from slinga.messages.markup import LIQUID

NAMES: tuple[tuple[str, str, str], ...] = (
    ("person.first_name", N_("First name"), N_("friend")),
    ("person.last_name", N_("Last name"), ""),
    ("person.email", N_("E-mail address"), ""),
    ("person.city", N_("Town"), ""),
    ("brand.name", N_("Name of the brand"), ""),
    ("brand.url", N_("The brand's site"), ""),
    ("offer_code", N_("Offer code"), ""),
    ("trigger.properties.name", N_("Name of the product"), ""),
    ("trigger.properties.order_id", N_("Order number"), ""),
    ("thing.name", N_("Name of what it is about"), ""),
    ("item.name", N_("Name of the entry"), ""),
    ("item.price | money: item.currency", N_("Price of the entry"), ""),
    ("item.quantity", N_("Number of the entry"), ""),
    ("item.url", N_("Page of the entry"), ""),
    ("item.image_url", N_("Picture of the entry"), ""),
)
"""(path, what people call it, what is said where it is missing); offered in this order. An entry is one of
the list that a block repeats over, and is offered nowhere else."""
_KNOWN = {path.split(" ")[0]: name for path, name, _ in NAMES} | {
    "person.firstName": N_("First name"),
    "person.lastName": N_("Last name"),
    "brand.address": N_("Postal address"),
    "trigger.properties.total": N_("Total of the order"),
    "unsubscribe_url": N_("Address for leaving"),
    "confirm_url": N_("Address for confirming"),
    "trigger.properties.products": N_("the products of what happened"),
    "recommendations": N_("recommendations"),
}
MOST = 40
"""Traits offered beside ours."""
_TRAIT = re.compile(r"[A-Za-z_]\w*")
_OUTPUT = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)")


class Piece(NamedTuple):
    """Some text, or a place for data by its name."""

    text: str
    data: bool


def named(path: str, say: Callable[[str], str]) -> str:
    """What people call a path."""
    known = _KNOWN.get(path)
    return say(known) if known else path.rsplit(".", 1)[-1].replace("_", " ")


def pieces(text: str, say: Callable[[str], str]) -> list[Piece]:
    """The text with its places for data by name; conditions and loops are left out."""
    out: list[Piece] = []
    at = 0
    for span in LIQUID.finditer(text):
        out.append(Piece(text[at : span.start()], False))
        if found := _OUTPUT.match(span[0]):
            out.append(Piece(named(found[1], say), True))
        at = span.end()
    out.append(Piece(text[at:], False))
    return [piece for piece in out if piece.text]


def offered(say: Callable[[str], str], traits: Iterable[str] = ()) -> list[tuple[str, str, str]]:
    """(path, name, what is said where it is missing) of all that can be put in: ours first, then traits."""
    ours = [(path, say(name), say(otherwise) if otherwise else "") for path, name, otherwise in NAMES]
    there = {path for path, _, _ in ours} | set(_KNOWN)
    paths = (f"person.{trait}" for trait in traits if _TRAIT.fullmatch(trait))
    return ours + [(path, named(path, say), "") for path in paths if path not in there][:MOST]


def every(say: Callable[[str], str], traits: Iterable[str] = ()) -> dict[str, object]:
    """What the island is given: the names to offer, and all that it can call by name."""
    return {"offered": offered(say, traits), "known": {path: say(name) for path, name in _KNOWN.items()}}
