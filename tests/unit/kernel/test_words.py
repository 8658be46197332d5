"""A text with values in its places is recognised again where it is shown, in the reader's language."""

import pytest

from slinga.admin.writing import defaults
from slinga.kernel.errors import Invalid
from slinga.kernel.words import filled
from slinga.locale import said


@pytest.mark.parametrize(
    ("text", "swedish"),
    [
        (filled("%(tag)s is there already.", tag="sv"), "sv finns redan."),
        (filled("mail programs remove <%(tag)s>", tag="script"), "mejlprogram tar bort <script>"),
        (filled("%(host)s is linked without https", host="a.example"), "a.example länkas utan https"),
        ("a link has no text", "en länk saknar text"),
        ("There is nothing of the sort in any catalogue.", "There is nothing of the sort in any catalogue."),
        ("%(a)s and % and %s", "%(a)s and % and %s"),
    ],
)  # fmt: skip
def test_it_is_said_in_the_readers_language(text: str, swedish: str) -> None:
    assert said("sv", text) == swedish
    assert said("en", text) == text == said("xx", text)


def test_values_stay_as_they_were_given() -> None:
    told = filled("%(value)s is no colour such as #1f4b99.", value="%(x)s <b> %")
    assert said("pl", told) == "%(x)s <b> % to nie jest kolor taki jak #1f4b99."


def test_the_closest_text_is_taken() -> None:
    with pytest.raises(Invalid) as fault:
        defaults.read("person.first_name")
    assert said("sv", fault.value.message).startswith("Rad 1: skriv ett namn")
