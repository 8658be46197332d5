"""Quoted-printable in pieces decodes to what the whole would, and no line is too long."""

import quopri

from hypothesis import example, given
from hypothesis import strategies as st

from slinga.messages.pieces import Constant, crlf, quoted

texts = st.text(st.sampled_from("ab =.\t\r\nå<>\u2028") | st.characters(codec="utf-8"), max_size=200)
pieces = st.lists(st.tuples(st.booleans(), texts), max_size=8)


@given(pieces)
@example([(True, "x" * 76), (False, "y")])
@example([(False, "x" * 76), (True, "\n")])
@example([(True, "ends in a blank "), (False, ""), (True, "\r\nand goes on")])
@example([(True, "."), (False, "\n."), (True, "\n")])
def test_pieces_decode_to_the_joined_text(parts):
    made = [Constant(text) if constant else text for constant, text in parts]
    for _ in range(2):  # the second time every constant is known already
        coded = quoted(made)
        if coded is None:
            continue
        whole = crlf("".join(made)).encode()
        if whole and not whole.endswith(b"\r\n"):
            whole += b"\r\n"
        assert quopri.decodestring(coded) == whole
        assert all(len(line) <= 76 for line in coded.split(b"\r\n"))
        assert not coded.startswith(b".") and b"\n." not in coded
        assert coded.isascii() and coded.count(b"\n") == coded.count(b"\r\n")


def test_a_text_beyond_ascii_and_a_stray_carriage_return_are_left_to_others():
    assert quoted([Constant("Ξεσκεπάζω" * 60)]) is None
    assert quoted([Constant("a"), "b\r"]) is None
    assert quoted([Constant("a\r"), "\nb"]) is None
