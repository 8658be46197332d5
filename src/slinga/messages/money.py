"""Amounts as the reader of a message writes them: the filter `money`.

In: an amount, a currency of three letters, a locale. Out: text such as 427,00 kr.
Always true: pure; what is no number is shown as it is; nothing is converted from one currency into another.
"""

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from slinga.kernel.amounts import amount as written_amount

LOCALE = "locale"
"""The slot in which a render keeps its reader's locale."""
_MOST = Decimal(10) ** 15


def money(value: object, currency: object = "", *, context: Any) -> str:
    """`{{ item.price | money: item.currency }}`: the amount in the way of the message's reader."""
    amount, code = str(value) if value else "0" if value == 0 else "", str(currency) if currency else ""
    return written(amount, code.strip(), str(context.slots.get(LOCALE, "en")))


money.with_context = True  # type: ignore[attr-defined]


@lru_cache(maxsize=8192)
def written(amount: str, currency: str, locale: str) -> str:
    """An amount in a currency as a locale writes it."""
    try:
        found = Decimal(amount)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= _MOST:
        return f"{amount} {currency}".strip() if amount.strip() else ""
    way = _locale(locale)
    if len(currency) == 3 and currency.isascii() and currency.isalpha():
        return written_amount(found, currency.upper(), way)
    return f"{format_decimal(found, locale=way)} {currency}".strip()


@lru_cache(maxsize=256)
def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def reader(part: str, person: str) -> str:
    """The locale of amounts: the person's own where it is of the message's language, else the message's."""
    return person if person and person.replace("_", "-").split("-")[0].lower() == part.split("-")[0] else part
