"""Amounts of money as a locale writes them.

In: an amount, a currency of three letters, a locale. Out: text such as `427,00 kr` or `SEK 427.00`.
Always true: pure; nothing is converted or added; a currency of letters never touches its digits.
"""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency

_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)")


def amount(value: Decimal, currency: str, locale: Locale | str) -> str:
    """An amount in a currency (ISO 4217).

    Babel leaves out the space that belongs between letters and digits (UTS 35, part 3, currencySpacing).
    """
    return _TOUCHING.sub("\N{NO-BREAK SPACE}", format_currency(value, currency, locale=locale))
