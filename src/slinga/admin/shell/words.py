"""The desk's words in the member's language.

In: a locale such as sv. Out: gettext's translations for it.
Always true: English is the source and needs no catalogue; a missing word is shown in English.
"""

from slinga.kernel.words import Words, noted, noted_many
from slinga.locale import LOCALES, preferred, translations, words

__all__ = ["LOCALES", "Words", "noted", "noted_many", "preferred", "translations", "words"]
