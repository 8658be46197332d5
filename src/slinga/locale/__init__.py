"""The desk's catalogues, and which language somebody reads.

In: a locale such as sv, or a browser's Accept-Language. Out: gettext's translations; a locale.
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

from slinga.kernel.words import Words

HERE = Path(__file__).parent
LOCALES = {"en": "English", "sv": "Svenska", "pl": "Polski"}
"""The languages of the desk, each by its own name."""


@lru_cache
def translations(locale: str) -> NullTranslations:
    """What gettext needs to speak `locale`; English for a language the desk does not speak."""
    file = HERE / locale / "desk.po"
    if locale not in LOCALES or not file.exists():
        return NullTranslations()
    out = io.BytesIO()
    with file.open("rb") as given:
        write_mo(out, read_po(given, locale=locale))
    out.seek(0)
    return Translations(out)


def words(locale: str) -> Words:
    """A language as code speaks it."""
    found = translations(locale)
    return Words(found.gettext, found.ngettext)


def preferred(accepted: str) -> str:
    """The language of the desk that an Accept-Language header likes best; "en" where it likes none."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")):
        name, _, weight = part.partition(";")
        text = weight.replace(" ", "").removeprefix("q=") or "1"
        share = (
            float(text) if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit() else 0
        )
        wishes.append((-share, place, name.strip().split("-")[0].lower()))
    liked = (name for share, _, name in sorted(wishes) if share < 0 and name in LOCALES)
    return next(liked, "en")
