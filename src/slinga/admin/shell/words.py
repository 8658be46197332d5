"""The desk's words in the member's language.

In: a locale such as sv. Out: gettext's translations for it.
Always true: English is the source and needs no catalogue; a missing word is shown in English.
"""

from slinga.kernel.words import noted
from slinga.runtime.words import LOCALES, preferred, translations

__all__ = ["LOCALES", "noted", "preferred", "translations"]
