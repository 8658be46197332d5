"""Rows of people: traits, permissions, suppressions, tags and stages.

In: rows. Out: for each its inputs, or its fault.
Always true: pure; a grant without basis, date and source is not written, and the report says so.
"""

from collections.abc import Callable, Iterable

from slinga.imports import values
from slinga.imports.model import BASES, Consent, Mapping, People, Stage, Suppression, Tag, spellings
from slinga.imports.rows import (
    Cells,
    Fault,
    Header,
    Item,
    Made,
    Row,
    Setting,
    Suppressed,
    Wrong,
    identify,
    item,
    links,
)
from slinga.ingest.model import New
from slinga.kernel.clock import Instant
from slinga.kernel.ids import digest
from slinga.people import ledger
from slinga.people.wording import kept

STATES = ("granted", "withdrawn", "denied")

Stages = Callable[[str, str, str], str]
"""(model, stage, status): "" where they are in force, else what is wrong."""


def _anything(model: str, stage: str, status: str) -> str:
    return ""


class Reader:
    """Turns rows of people into inputs."""

    def __init__(
        self, mapping: People, header: Header, setting: Setting, *, stages: Stages = _anything
    ) -> None:
        self._setting, self._cells, self._stages_known = setting, Cells(mapping, header, setting), stages
        cells = self._cells
        as_of = mapping.as_of
        known = as_of is not None and cells.place(as_of.column, "as_of") is not None
        self._as_of = cells.when(as_of, "as_of") if as_of and known else None
        self._traits = cells.fields(
            mapping.traits, "traits", others=mapping.others == "traits", taken=_taken(mapping, header)
        )
        self._consents = [
            self._consent(consent, f"consents.{n}") for n, consent in enumerate(mapping.consents)
        ]
        self._suppress = [self._suppression(s, f"suppress.{n}") for n, s in enumerate(mapping.suppress)]
        self._tags = [self._tag(tag, f"tags.{n}") for n, tag in enumerate(mapping.tags)]
        self._stages = [self._stage(stage, f"stages.{n}") for n, stage in enumerate(mapping.stages)]

    def read(self, row: Row) -> Made | Fault:
        """What one row says."""
        try:
            return self._read(row)
        except Wrong as wrong:
            return wrong.at(row)

    def _read(self, row: Row) -> Made:
        reference, addresses = self._cells.identity(row)
        at = self._as_of(row) if self._as_of else None
        traits = {**self._traits(row), **addresses}
        items = [identify(reference, traits, self._setting, at)]
        items += links(reference, self._setting, self._setting.now)
        note: Fault | None = None
        for consent in self._consents:
            found = consent(row, reference.key, addresses)
            if isinstance(found, Fault):
                note = note or found
            elif found is not None:
                items.append(found)
        for suppress in self._suppress:
            items += suppress(row, addresses)
        for tags in self._tags:
            for tag in tags(row):
                items.append(self._command(reference.key, "tag", {"tag": tag}))
        for stage in self._stages:
            body = stage(row)
            if body:
                items.append(self._command(reference.key, "set_stage", body))
        emails = (addresses["email"],) if "email" in addresses else ()
        return Made(1, tuple(items), row, reference.key, emails, note)

    def _command(self, person: str, verb: str, body: dict[str, str]) -> Item:
        source = self._setting.source
        return item(
            New(
                person,
                "command",
                verb,
                {**body, "by": "import"},
                source=source,
                occurred_at=self._setting.now,
            ),
            dated=False,
        )

    def _consent(
        self, consent: Consent, field: str
    ) -> Callable[[Row, str, dict[str, str]], Item | Fault | None]:
        cells = self._cells
        status = cells.said(consent.status, f"{field}.status") if consent.status else None
        basis = cells.said(consent.basis, f"{field}.basis")
        date, source = (
            cells.said(consent.date, f"{field}.date"),
            cells.said(consent.source, f"{field}.source"),
        )
        left = cells.said(consent.withdrawn_date, f"{field}.withdrawn_date")
        words = cells.said(consent.wording, f"{field}.wording")
        version = cells.said(consent.wording_id, f"{field}.wording_id")

        def read(row: Row, person: str, addresses: dict[str, str]) -> Item | Fault | None:
            state = status(row) if status else "granted"
            if state not in STATES:
                return None
            stated = {"basis": basis(row), "date": date(row), "source": source(row)}
            told = {name: said for name, said in (("text", words(row)), ("version", version(row))) if said}
            if state != "granted":
                stated["date"] = left(row) or stated["date"]
            elif missing := [name for name in ("basis", "date", "source") if not stated[name]]:
                column = cells.column_of(getattr(consent, missing[0])) or cells.column_of(consent.status)
                problem = f"no permission for {consent.channel}: {' and '.join(missing)} not stated"
                return Fault(row.file, row.line, column, problem)
            if stated["basis"] and stated["basis"] not in BASES:
                raise Wrong(
                    cells.column_of(consent.basis), f"a basis is one of {', '.join(BASES)}", stated["basis"]
                )
            at = self._date(stated["date"], consent)
            return self._permission(person, consent, state, stated | told, at, addresses)

        return read

    def _date(self, text: str, consent: Consent) -> Instant | None:
        if not text:
            return None
        try:
            at = values.moment(text, consent.date_format, self._setting.zone)
        except ValueError as fault:
            raise Wrong(self._cells.column_of(consent.date), str(fault), text) from None
        return min(at, self._setting.now)

    def _permission(
        self,
        person: str,
        consent: Consent,
        state: str,
        stated: dict[str, str],
        at: Instant | None,
        addresses: dict[str, str],
    ) -> Item:
        entry = ledger.Consent(
            person,
            consent.channel,
            consent.topic,
            state,
            basis=stated["basis"] or "consent",
            source="import",
            actor=self._setting.source,
            evidence=({"stated_source": stated["source"]} if stated["source"] else {})
            | kept(stated.get("text", ""), stated.get("version", "")),
            occurred_at=self._setting.now if at is None else at,
        )
        id = digest("consent", person, consent.channel, consent.topic, state, *stated.values())
        address = addresses.get("phone" if consent.channel == "sms" else "email", "")
        return Item(id, consent=entry, address=address)

    def _suppression(
        self, suppression: Suppression, field: str
    ) -> Callable[[Row, dict[str, str]], Iterable[Item]]:
        when = self._cells.said(suppression.when, f"{field}.when") if suppression.when else None
        reason = self._cells.said(suppression.reason, f"{field}.reason")
        column = self._cells.column_of(suppression.when)

        def read(row: Row, addresses: dict[str, str]) -> Iterable[Item]:
            try:
                if when is not None and not values.truth(when(row)):
                    return ()
            except ValueError as fault:
                raise Wrong(column, str(fault), when(row) if when else "") from None
            address = addresses.get("phone" if suppression.channel == "sms" else "email")
            if not address:
                return ()
            found = Suppressed(address, suppression.scope, reason(row)[:60] or "import")
            return (Item(digest("suppress", address, suppression.scope), suppress=found),)

        return read

    def _tag(self, tag: str | Tag, field: str) -> Callable[[Row], Iterable[str]]:
        if isinstance(tag, str):
            return lambda row: (tag,)
        place = self._cells.place(tag.column, field)

        def read(row: Row) -> Iterable[str]:
            text = self._cells.text(row, place)
            if not tag.name:
                return dict.fromkeys(
                    found for part in text.split(tag.split) if (found := part.strip(" \t\"'")[:100])
                )
            try:
                return (tag.name,) if values.truth(text) else ()
            except ValueError as fault:
                raise Wrong(self._cells.name(place), str(fault), text) from None

        return read

    def _stage(self, stage: Stage, field: str) -> Callable[[Row], dict[str, str]]:
        which = self._cells.said(stage.stage, f"{field}.stage")
        status = self._cells.said(stage.status, f"{field}.status")
        column = self._cells.column_of(stage.stage)

        def read(row: Row) -> dict[str, str]:
            found = {"model": stage.model, "stage": which(row)}
            if not found["stage"]:
                return {}
            if text := status(row):
                found["status"] = text
            if problem := self._stages_known(stage.model, found["stage"], found.get("status", "")):
                raise Wrong(column, problem, found["stage"])
            return {**found, "pin": stage.pin} if stage.pin else found

        return read


def _taken(mapping: Mapping, header: Header) -> list[int]:
    """The columns that a mapping of people reads besides traits."""
    if not isinstance(mapping, People):
        return []
    columns = [mapping.as_of.column] if mapping.as_of else []
    said = [
        each for c in mapping.consents for each in (c.status, c.basis, c.date, c.withdrawn_date, c.source)
    ]
    said += [each for s in mapping.suppress for each in (s.when, s.reason)]
    said += [each for s in mapping.stages for each in (s.stage, s.status)]
    columns += [each.column for each in said if each is not None and not isinstance(each, str)]
    columns += [tag.column for tag in mapping.tags if isinstance(tag, Tag)]
    return [p for c in columns for s in spellings(c) if (p := header.find(s)) is not None]
