"""Mapping documents: which column of a file means what.

In: plain dicts from YAML or JSON. Out: frozen structs, or Invalid naming the field; their JSON Schema.
Always true: an unknown field is an error, so a typo never drops a column in silence.
"""

from typing import Any, Literal

import msgspec

from slinga.kernel.calendar import is_zone
from slinga.kernel.errors import Invalid

Column = str | tuple[str, ...]
"""A column by its header (case and surrounding space do not matter), or several spellings of which the first
that the file has counts."""

Type = Literal["auto", "text", "number", "whole", "bool", "date", "instant", "list"]


class Csv(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a CSV file is written. What is "auto" is found out by looking at the file."""

    encoding: str = "auto"
    """A name such as utf-8, cp1252, cp1250, utf-16."""
    delimiter: str = "auto"
    """One character; `\\t` is a tab."""
    quote: str = '"'
    """One character."""
    decimal: Literal[".", ","] = "."
    """What stands before the decimals; the other one and spaces group thousands."""
    columns: tuple[str, ...] = ()
    """The names of the columns, for a file without a header line."""


class From(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value taken from a column, where a plain text would be the same for every row."""

    column: Column
    values: dict[str, str] = {}
    """What the file's words mean here; a word that is not listed stands for itself."""
    default: str = ""
    """What any other word means, instead of itself."""


Said = str | From


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A column with the type of its values."""

    column: Column
    type: Type = "auto"
    """`auto` keeps text, but for numbers that are written as the file's decimals say and true or false."""
    split: str = ","
    """Between the values of a `list`."""
    format: str = ""
    """How a date or instant is written, such as `%d/%m/%Y`, where it is not ISO 8601."""


Fields = dict[str, Column | Field]


class Who(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The columns that say who it is: at least one."""

    user: Column = ()
    """The id that the shop knows the person by."""
    email: Column = ()
    phone: Column = ()
    region: str = ""
    """The country (SE, PL ...) of phone numbers that are written without a country prefix."""
    external: dict[str, Column] = {}
    """Ids in other systems, by the system's name."""
    anonymous: Column = ()
    """A visitor's id."""
    prefix: str = ""
    """Put before ids of users and visitors, where the file's numbers would meet those of others."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns named, strongest identifier first."""
        given = (self.user, *self.external.values(), self.email, self.phone, self.anonymous)
        return tuple(column for column in given if column)


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When it happened."""

    column: Column
    format: str = "iso"
    """`iso`, `s`, `ms` or `us` since 1970, or a pattern such as `%d/%m/%Y %H:%M`."""
    zone: str = ""
    """The IANA zone of times without an offset; the workspace's if not given."""


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One permission. Without a basis, a date and a source for a row, that row permits nothing."""

    channel: str
    """email, sms, push, tracking (opens and clicks) or web (visits)."""
    topic: str = ""
    status: From | None = None
    """The column that says granted, withdrawn or denied; without it every row is a grant. A word that is
    none of these after `values`, or an empty cell, says nothing."""
    basis: Said = ""
    """consent, soft_opt_in, contract, legitimate_interest, casl_purchase or casl_inquiry."""
    date: Said = ""
    """When it was given or withdrawn: an ISO date or instant, or a column."""
    withdrawn_date: Said = ""
    """When it was withdrawn, where another column says so."""
    date_format: str = "iso"
    source: Said = ""
    """Where it was given, such as a form's name."""
    wording: Said = ""
    """What they read when they agreed, word for word, or a column that says it; kept with the proof."""
    wording_id: Said = ""
    """The version of these words as you call it, or a column; without it their hash names it."""


class Suppression(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Addresses that must never be written to again."""

    when: From | None = None
    """Suppressed where this says yes, true, 1 or what `values` turn into `yes`; every row without it."""
    channel: Literal["email", "sms"] = "email"
    scope: Literal["global", "marketing"] = "marketing"
    reason: Said = "import"


class Tag(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Tags from a column: all that it lists, or `name` where it says yes."""

    column: Column
    split: str = ","
    name: str = ""


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a person stands in a lifecycle model."""

    model: str
    stage: Said
    status: Said = ""
    pin: str = ""
    """How long the model's own rules leave the person there, such as 30d; the model's own if not given."""


class Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What mappings of every kind have."""

    name: str = ""
    """What it is for, in a few words."""
    person: Who
    csv: Csv = Csv()
    empty: tuple[str, ...] = ("", "NULL", "null", "None", "NaN", "nan", "N/A", "n/a")
    """Cells that mean: nothing is known."""
    missing: Literal["error", "ignore"] = "error"
    """What becomes of columns that the file does not have; one that says who it is must be there."""


class People(
    Base, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="people"
):
    """One row is one person."""

    as_of: When | None = None
    """When the row was true; a trait said later stands. The moment of the import if not given."""
    traits: Fields = {}
    """Traits by the name they get."""
    others: Literal["ignore", "traits"] = "ignore"
    """What becomes of columns that are not named."""
    consents: tuple[Consent, ...] = ()
    suppress: tuple[Suppression, ...] = ()
    tags: tuple[str | Tag, ...] = ()
    """Tags for everybody in the file, or from columns."""
    stages: tuple[Stage, ...] = ()


class Lines(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Rows that are lines of one order, among rows that are events of their own."""

    event: str
    """The event, after `names`, whose rows are lines."""
    by: Column
    """The column with the order's id."""


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Event names from a column."""

    column: Column
    names: dict[str, str] = {}
    """What the file's names are called here."""
    others: Literal["keep", "error"] = "keep"
    """What becomes of names that are not listed."""


class Events(
    Base, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="events"
):
    """One row is one event. Rows that are equal in every column count once."""

    at: When
    event: str | Names
    id: Column = ()
    """The event's own id; without it, its content tells whether it was imported before."""
    properties: Fields = {}
    others: Literal["ignore", "properties"] = "ignore"
    lines: Lines | None = None


class Refund(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which orders take money back: they become "Order Refunded"."""

    column: Column
    starts_with: str = ""
    values: tuple[str, ...] = ()
    written: Literal["either", "negative"] = "either"
    """`either`: what is given back is written with a minus or without. `negative`: always with one, so that
    an amount without takes a refund back."""


class Orders(
    Base, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="orders"
):
    """One row is one line of an order. An order that several files have is taken from the first of them."""

    at: When
    order: Column
    products: Fields = {}
    """What a line says: product_id, name, quantity, price ..."""
    total: Column | Field = ()
    """The order's total on each of its lines; without it, the sum of quantity times price."""
    currency: Said = ""
    properties: Fields = {}
    """What an order says, taken from its first line."""
    traits: Fields = {}
    """What a line says about the person."""
    refund: Refund | None = None
    guests: bool = False
    """Whether an order that names nobody is kept as the order of a guest of its own."""


Mapping = People | Events | Orders


def parse(document: Any) -> Mapping:
    """A mapping document, checked. Raises Invalid naming the field."""
    if not isinstance(document, dict):
        raise Invalid("a mapping is a document with `kind: people`, `events` or `orders`", field="mapping")
    try:
        found: Mapping = msgspec.convert(document, Mapping)
    except msgspec.ValidationError as fault:
        text, _, path = str(fault).partition(" - at ")
        raise Invalid(text, field=path.strip("`$.") or "mapping") from None
    _check(found)
    return found


def _check(mapping: Mapping) -> None:
    if not mapping.person.columns:
        raise Invalid("name at least one column that says who it is, such as `email: Email`", field="person")
    csv = mapping.csv
    if csv.delimiter not in ("auto", "\\t") and len(csv.delimiter) != 1:
        raise Invalid("a delimiter is one character, or auto", field="csv.delimiter")
    if len(csv.quote) != 1:
        raise Invalid("a quote is one character", field="csv.quote")
    if csv.encoding != "auto":
        try:
            "".encode(csv.encoding)
        except LookupError:
            raise Invalid(
                "'%(encoding)s' is not an encoding", field="csv.encoding", encoding=csv.encoding
            ) from None
    when = mapping.as_of if isinstance(mapping, People) else mapping.at
    if when is not None and when.zone and not is_zone(when.zone):
        raise Invalid("'%(zone)s' is not a time zone of the IANA database", field="at.zone", zone=when.zone)
    if isinstance(mapping, People):
        for place, consent in enumerate(mapping.consents):
            if isinstance(consent.basis, str) and consent.basis and consent.basis not in BASES:
                raise Invalid(
                    "a basis is one of %(known)s", field=f"consents.{place}.basis", known=", ".join(BASES)
                )


BASES = ("consent", "soft_opt_in", "contract", "legitimate_interest", "casl_purchase", "casl_inquiry")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of mapping documents, for editors."""
    (schema,), definitions = msgspec.json.schema_components((Mapping,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Slinga import mapping",
        **schema,
        "$defs": definitions,
    }


def spellings(column: Column) -> tuple[str, ...]:
    """The headers that a column may have."""
    return (column,) if isinstance(column, str) else column


def as_field(given: Column | Field) -> Field:
    """A column with its type."""
    return given if isinstance(given, Field) else Field(given)
