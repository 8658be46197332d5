"""Every word of the forms is in the catalogues, and no word is kept that no form says."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from babel.messages.pofile import read_po

import slinga.locale
from slinga.journeys import forms, labels, triggers
from slinga.journeys import model as journeys
from slinga.journeys.forms import Field
from slinga.journeys.nodes import NODES


def texts(fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        yield from (field.title, field.help, *(name for _, name in field.options))
        yield from texts(field.fields)
        for variant in field.variants:
            yield variant.title
            yield from texts(variant.fields)


@pytest.mark.parametrize("locale", ["sv", "pl"])
def test_whatever_a_form_says_is_translated(locale: str) -> None:
    with (Path(slinga.locale.__file__).parent / locale / "desk.po").open("rb") as given:
        known = {word.id if isinstance(word.id, str) else word.id[0] for word in read_po(given)}
    said = set(texts(forms.header()))
    for form in forms.nodes().values():
        said |= {form.label, form.help, *texts(form.fields)}
    assert sorted(said - known - {""}) == []


def test_the_forms_of_what_ships_read_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: type) -> dict[str, str]:
        raise AssertionError(f"the source of {kind.__name__} was read, which takes milliseconds")

    monkeypatch.setattr(forms, "helps", refuse)
    assert forms.nodes.__wrapped__() == forms.nodes()
    assert forms.header.__wrapped__() == forms.header()


def test_no_help_is_kept_for_a_setting_that_is_gone() -> None:
    structs = [each for module in (journeys, triggers) for each in vars(module).values()]
    structs += [each for node in NODES for each in vars(inspect.getmodule(node)).values()]
    named = {each for each in structs if inspect.isclass(each) and issubclass(each, msgspec.Struct)}
    known = {each.__name__ for each in named}
    for each in named:
        fields = [field.encode_name for field in msgspec.structs.fields(each)]
        known |= {f"{each.__name__}.{name}" for name in fields} | set(fields)
    assert sorted((labels.HELPS.keys() | labels.TITLES.keys()) - known) == []
