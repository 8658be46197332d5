"""The desk's catalogues, and which language somebody reads.

In: a locale such as sv, or a browser's Accept-Language. Out: gettext's translations; a locale.
Always true: English is the source and needs no catalogue; a missing word is shown in English; catalogues are
read once per process from `slinga/locale/LOCALE/desk.po`.
"""

import io
import re
from functools import lru_cache, partial
from gettext import NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from slinga.kernel.words import Words

HERE = Path(__file__).parent
_VALUE = re.compile(r"%\((\w+)\)s")
_LEAST, _LONGEST = 8, 2_000
"""A pattern says so many letters of its own, or it would fit anything; longer texts are none of ours."""

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


def said(locale: str, text: str) -> str:
    """A text in a language: as the catalogue has it, or as one of its texts with values in their places."""
    found = translations(locale).gettext(text)
    return found if found != text or locale not in LOCALES or locale == "en" else _filled(locale, text)


def ours(text: str) -> bool:
    """Whether a text is one of the catalogues', with values in its places or without."""
    return said("sv", text) != text


@lru_cache(maxsize=4_096)
def _filled(locale: str, text: str) -> str:
    if len(text) > _LONGEST:
        return text
    for pattern, told in _patterns(locale):
        if match := pattern.fullmatch(text):
            return told % match.groupdict()
    return text


@lru_cache
def _patterns(locale: str) -> list[tuple[re.Pattern[str], str]]:
    """Texts with named values as patterns, those that say most first, so that the closest one is taken."""
    with (HERE / locale / "desk.po").open("rb") as given:
        all_ = [(word.id, word.string) for word in read_po(given, locale=locale) if not word.pluralizable]
    known = [(str(source), str(told)) for source, told in all_ if told and _VALUE.search(str(source))]
    known.sort(key=lambda each: -len(_VALUE.sub("", each[0])))
    out = []
    for source, told in known:
        parts = _VALUE.split(source)  # text, name, text, ..., text
        names = parts[1::2]
        said_in_full = len("".join(parts[::2]).strip()) >= _LEAST
        if said_in_full and len(set(names)) == len(names) and set(_VALUE.findall(told)) <= set(names):
            shape = "".join(
                f"(?P<{one}>.+?)" if n % 2 else re.escape(one.replace("%%", "%"))
                for n, one in enumerate(parts)
            )
            out.append((re.compile(shape, re.S), told))
    return out


def words(locale: str) -> Words:
    """A language as code speaks it."""
    return Words(partial(said, locale), translations(locale).ngettext)


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
