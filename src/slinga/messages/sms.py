"""How long a text message is: its alphabet, its parts, and what makes it long.

In: a text as it would be sent. Out: `Length`.
Always true: pure; GSM 03.38 packs 160 signs into a part and 153 into each of several, some signs counting
twice; one sign outside it makes all of the text UCS-2, with 70 and 67 units. No sign is cut in two.
"""

import msgspec

PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = frozenset("\f^{}\\[~]|€")
"""Signs that are written with an escape before them."""
ONE, MANY = {"GSM-7": 160, "UCS-2": 70}, {"GSM-7": 153, "UCS-2": 67}


class Length(msgspec.Struct, frozen=True):
    """`used` of `room` in the last part; `wide` are the signs that make it UCS-2, each once."""

    alphabet: str
    signs: int
    parts: int
    used: int
    room: int
    wide: tuple[str, ...] = ()


def length(text: str) -> Length:
    """How a text would be packed; nothing at all is one empty part."""
    wide = tuple(dict.fromkeys(sign for sign in text if sign not in PLAIN and sign not in TWICE))
    alphabet = "UCS-2" if wide else "GSM-7"
    sizes = [(2 if ord(sign) > 0xFFFF else 1) if wide else 1 + (sign in TWICE) for sign in text]
    if sum(sizes) <= ONE[alphabet]:
        return Length(alphabet, len(text), 1, sum(sizes), ONE[alphabet], wide)
    parts, used = 1, 0
    for size in sizes:
        if used + size > MANY[alphabet]:
            parts, used = parts + 1, 0
        used += size
    return Length(alphabet, len(text), parts, used, MANY[alphabet], wide)
