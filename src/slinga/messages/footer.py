"""The end of a marketing mail that forgot its own: leave, choose, and who writes from where.

In: a locale. Out: Liquid sources. Always true: unsubscribe link and postal address are there.
"""

WORDS: dict[str, tuple[str, str]] = {
    "en": ("Unsubscribe", "Choose what you get"),
    "sv": ("Avsluta prenumerationen", "Välj vad du vill få"),
    "pl": ("Wypisz się", "Wybierz, co chcesz otrzymywać"),
    "de": ("Abmelden", "Auswählen, was Sie erhalten"),
    "fr": ("Se désabonner", "Choisir ce que vous recevez"),
    "es": ("Darse de baja", "Elegir lo que recibes"),
    "da": ("Afmeld", "Vælg hvad du vil have"),
    "nb": ("Meld deg av", "Velg hva du vil få"),
    "fi": ("Peru tilaus", "Valitse mitä saat"),
    "nl": ("Afmelden", "Kies wat je ontvangt"),
    "it": ("Annulla l'iscrizione", "Scegli cosa ricevere"),
}


def words(locale: str) -> tuple[str, str]:
    """How a language says leave, and choose."""
    return WORDS.get(locale.replace("_", "-").split("-")[0].lower(), WORDS["en"])


def footer_html(locale: str) -> str:
    """The footer as HTML."""
    leave, choose = words(locale)
    style = "font:14px/1.5 Arial,sans-serif;color:#555555;text-align:center;padding:24px"
    link = "color:#555555"
    return (
        f'<div style="{style}">{{{{ brand.name }}}}<br>{{{{ brand.address }}}}<br>'
        f'<a href="{{{{ unsubscribe_url }}}}" style="{link}">{leave}</a> &nbsp; '
        f'<a href="{{{{ preferences_url }}}}" style="{link}">{choose}</a></div>'
    )


def footer_text(locale: str) -> str:
    """The footer as plain text."""
    leave, choose = words(locale)
    return (
        "{{ brand.name }}\n{{ brand.address }}\n"
        f"{leave} ({{{{ unsubscribe_url }}}})\n{choose} ({{{{ preferences_url }}}})\n"
    )
