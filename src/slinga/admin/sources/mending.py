"""What somebody can do about a refused item.

In: the reason of a refusal. Out: plain words on where to mend it, and whether replaying alone helps.
Always true: pure; a reason that is not known gets the general words.
"""

from slinga.admin.shell.words import noted as N_

WORDS: dict[str, str] = {
    "not_json": N_("This is no JSON. Mend the text below, or the sender."),
    "number": N_("A number is too long or is none. Write it with at most 15 digits, or as a text."),
    "text": N_("A text holds bytes that are no letters. The sender should write UTF-8."),
    "too_deep": N_("Things within things within things cannot be asked about. Flatten the properties."),
    "too_wide": N_("Too many properties in one event. Send those that somebody will ask about."),
    "too_large": N_("Send less in one call. Lists of a whole catalogue do not belong in an event."),
    "wrong_type": N_("A field has another kind of value than it must have. Mend the field that is named."),
    "unknown_call": N_("The type is none of identify, track, page, screen, group and alias."),
    "missing": N_("A field that must be there is missing. Add the field that is named."),
    "time": N_("The time cannot be read. Write ISO 8601, such as 2026-03-01T10:00:00Z."),
    "nobody": N_(
        "The call names nobody. Add userId or anonymousId; words such as null or guest name nobody."
    ),
    "identity": N_("The signed identity does not fit. Nothing here can mend that: the site must sign anew."),
    "store": N_("The database could not take it as it was. Take it in again; it often passes."),
    "erased": N_("This person was erased and is not taken in again. Leave it; it will be forgotten."),
}

GENERAL = N_("Mend the sender, so that the next ones pass; then mend the text here and take it in again.")


def advice(reason: str) -> str:
    """What to do about items refused for a reason."""
    return WORDS.get(reason, GENERAL)
