"""Rows of spend as they are typed or uploaded.

In: fields of a form, or CSV. Out: `Spend`s.
Always true: pure; one faulty row refuses the whole file and is named by its line.
"""

import csv
import io
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from slinga.admin.reports.money.month import Spend
from slinga.kernel.errors import Invalid

COLUMNS = ("source", "purpose", "from", "until", "amount", "currency", "note")
PURPOSES = ("acquisition", "retention")
MOST = 5_000


def spend(values: Mapping[str, str]) -> Spend:
    """One row. Raises Invalid that names the field."""
    text = {name: (values.get(name) or "").strip() for name in COLUMNS}
    if not text["source"]:
        raise Invalid("Say where the money went.", field="source")
    if text["purpose"] not in PURPOSES:
        raise Invalid("It was spent on acquisition or on retention.", field="purpose")
    first, last = _day(text["from"], "from"), _day(text["until"] or text["from"], "until")
    if last < first:
        raise Invalid("The last day is before the first.", field="until")
    try:
        amount = Decimal(text["amount"].replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise Invalid("Write an amount, such as 1200.50.", field="amount") from None
    if not amount.is_finite() or not 0 <= amount < 10**12:
        raise Invalid("An amount is at least 0.", field="amount")
    currency = text["currency"].upper()
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise Invalid("A currency has three letters, such as SEK.", field="currency")
    return Spend(
        source=text["source"][:100], purpose=text["purpose"], from_day=first, until_day=last, amount=amount,
        currency=currency, note=text["note"][:500],
    )  # fmt: skip


def imported(content: bytes) -> list[Spend]:
    """The rows of a CSV whose first line names its columns. Raises Invalid that names the line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8. Save it as CSV UTF-8.", field="file") from None
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    heads = [name.strip().lower() for name in reader.fieldnames or ()]
    if missing := [name for name in COLUMNS[:6] if name not in heads and name != "until"]:
        raise Invalid("The first line lacks: %(columns)s.", field="file", columns=", ".join(missing))
    out = []
    for n, row in enumerate(reader, 2):
        if n > MOST:
            raise Invalid("At most %(most)s rows at once.", field="file", most=MOST)
        values = {str(name).strip().lower(): value for name, value in row.items() if isinstance(value, str)}
        try:
            out.append(spend(values))
        except Invalid as fault:
            raise Invalid(
                "Line %(line)s, %(name)s: %(why)s",
                field="file",
                line=n,
                name=fault.field,
                why=fault,
            ) from None
    return out


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("Write a day as 2026-03-01.", field=field) from None
