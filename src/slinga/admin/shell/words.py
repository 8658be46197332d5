"""The desk's words in the member's language.

In: a locale such as sv. Out: gettext's translations for it.
Always true: English is the source and needs no catalogue; a missing word is shown in English; catalogues are
read once per process from `slinga/locale/LOCALE/desk.po`.
"""

import io
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

HERE = Path(__file__).parent.parent.parent / "locale"
LOCALES = {"en": "English", "sv": "Svenska", "pl": "Polski"}
"""The languages of the desk, each by its own name."""


def noted(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text


@lru_cache
def translations(locale: str) -> NullTranslations:
    """What gettext needs to speak `locale`."""
    file = HERE / locale / "desk.po"
    if locale not in LOCALES or not file.exists():
        return NullTranslations()
    out = io.BytesIO()
    with file.open("rb") as given:
        write_mo(out, read_po(given, locale=locale))
    out.seek(0)
    return Translations(out)
