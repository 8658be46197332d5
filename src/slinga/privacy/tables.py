"""Where people stand in the database: every table, whether it knows people, and what becomes of its rows.

In: nothing. Out: `TABLES`.
Always true: a test walks the database's own catalogue and fails for a table that could hold something of a
person and is not named here; export and erasure read this list and no other.
"""

from typing import Literal

import msgspec

By = Literal["person", "scan", "message", "address", "text", "none"]


class Table(msgspec.Struct, frozen=True):
    """One table.

    `by` says how a person's rows are found: by `person` (bucket and key), by `scan` (the key in a table that
    is not laid out by people), by their `message`, by the keyed hash of their `address`, by the bytes of
    their identifiers in a `text`, or not at all. `column` is where. `section` names the part of an export
    that shows the rows; "" where another part says the same. `why` is for `none`, and for what is kept.
    """

    name: str
    by: By
    column: str = ""
    section: str = ""
    bucket: bool = True
    """Whether the table is laid out by the person's bucket; else it is read whole."""
    keep: bool = False
    """At an erasure the row stays and only its words are blanked."""
    why: str = ""


TABLES: dict[str, Table] = {
    each.name: each
    for each in (
        # Deleted in this order: attempts before messages, as delivery locks them.
        Table("attempt", "message", "message", "attempts"),
        Table("message_return", "message", "message"),
        Table("message", "person", "person", "messages"),
        Table("dev_mail", "message", "message", "mailbox", bucket=False),
        Table("hit", "person", "person", "hits"),
        Table("consent", "person", "person", "consents"),
        Table("consent_state", "person", "person"),
        Table("membership", "person", "person", "segments"),
        Table("position", "person", "person", "stages"),
        Table("run", "person", "person"),
        Table("score_value", "person", "person", "scores"),
        Table("thing", "person", "person", "things"),
        Table("profile", "person", "person"),
        Table("fact", "person", "person", "decisions"),
        Table("parked", "person", "person"),
        Table("person", "person", "key"),
        Table("input", "person", "person", "log"),
        Table("import_before", "person", "person"),
        Table("counted_buyer", "person", "person"),
        Table("counted_order", "scan", "person"),
        Table("address_use", "scan", "person"),
        Table("address_trouble", "address", "key"),
        Table("suppression", "address", "key", "suppressions", keep=True, why="whom nobody writes to again"),
        Table("quarantine", "text", "payload", "quarantine"),
        Table("delivery_hold", "text", "detail", keep=True, why="a hold is about a receiver"),
        Table("product", "none", why="what is bought, by product; who bought it stands in the log alone"),
        Table("seen", "none", why="ids of messages; those of erased inputs go with the inputs"),
        Table("erased", "none", why="the tombstone: keys of erased people"),
        Table("erased_address", "none", why="the tombstone: keyed hashes of their addresses"),
        Table("erasure", "none", why="the tombstone: when and why"),
        Table("journal", "none", why="how far the obligations journal is known"),
        Table("part", "none", why="heartbeats of processes"),
        Table("retention", "none", why="lengths of time"),
        Table("migration_step", "none", why="how far a migration came"),
        Table("obligation", "none", why="keys and keyed hashes on their way to the journal"),
        Table("audit", "none", why="keys of people, never an address or a name"),
        Table("idempotent", "none", why="answers name people by key; kept for eight days"),
        Table("api_key", "none", why="of programs"),
        Table("identity_key", "none", why="public keys of sites"),
        Table("sign_in", "none", why="of members of the team"),
        Table("member", "none", why="the team, not the people it writes to"),
        Table("invitation", "none", why="of members of the team"),
        Table("sign_in_try", "none", why="keyed hashes, of members of the team"),
        Table("recovery_code", "none", why="keyed hashes, of members of the team"),
        Table("member_session", "none", why="browsers of members of the team, in two words"),
        Table("relay", "none", why="the mail server; its password is sealed"),
        Table("bounce_box", "none", why="the mailbox of bounces; its password is sealed"),
        Table("dkim_key", "none", why="sealed keys of sending domains"),
        Table("definition", "none", why="documents of the team"),
        Table("rehearsal", "none", why="counts of a rehearsal, without anybody's key"),
        Table("draft", "none", why="documents of the team"),
        Table("draft_revision", "none", why="documents of the team"),
        Table("picture", "none", why="pictures of the team"),
        Table("program", "none", why="documents of the team"),
        Table("broadcast", "none", why="documents of the team"),
        Table("import", "none", why="names of files; the report of errors lies outside the database"),
        Table("upload", "none", why="names of files and columns; the files lie outside the database"),
        Table("import_content", "none", why="hashes of whole rows"),
        Table("import_suppression", "none", why="keyed hashes of addresses"),
        Table("lane_count", "none", why="sums per receiver"),
        Table("tally_row", "none", why="sums"),
        Table("tally_month_row", "none", why="sums"),
        Table("stay_row", "none", why="sums"),
        Table("tally_cursor", "none", why="how far facts are summed"),
        Table("tally_form", "none", why="which kinds of sums there are"),
        Table("touchpoint", "none", why="entered by the team"),
        Table("persona", "none", why="invented by the team"),
        Table("demo", "none", why="the demo's invented visitors"),
    )
}

SUSPECT_TYPES = ("uuid", "jsonb", "json", "bytea")
SUSPECT_NAMES = (
    "person",
    "address",
    "email",
    "phone",
    "recipient",
    "payload",
    "agent",
    "network",
    "raw",
    "ip",
)
"""A column of such a type or name may hold something of a person, so its table must be named above."""


def with_people() -> tuple[Table, ...]:
    """The tables that hold something of people."""
    return tuple(table for table in TABLES.values() if table.by != "none")
