"""Gather the desk's words from the code and bring src/slinga/locale/{sv,pl}/desk.po up to date.

In: templates (`_`, `ngettext`, `{% trans %}`), Python (`N_`, `_`), islands (`t("...")`, `say("...")`). Out:
the catalogues, sorted by text. `--check` writes nothing and fails where a catalogue lacks a word, keeps one
that is gone, or says other values than its source. Run `make words` after changing a word of the desk, then
fill in what is empty.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "slinga"
ISLANDS = ROOT / "ui" / "src"
LOCALES = ("sv", "pl")
KEYWORDS = {
    "_": None,
    "N_": None,
    "Label": (1,),
    "gettext": None,
    "noted": None,
    "filled": None,
    "worded": None,
    "_error": (2,),
    "_warning": (2,),
    "_fail": (2,),
    "NN_": (1, 2),
    "many": (1, 2),
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
FAULTS = dict.fromkeys(
    (
        "Invalid",
        "Conflict",
        "Missing",
        "Forbidden",
        "Unavailable",
        "ClientException",
        "PermissionDeniedException",
    )
)
"""Errors, whose text is shown on pages in the reader's language, with its values in their places."""
UNSEEN = (
    *("src/slinga/backup", "src/slinga/cli", "src/slinga/commands", "src/slinga/demo/", "src/slinga/runtime"),
    *("src/slinga/api/cursors", "src/slinga/api/frame", "src/slinga/api/messages", "src/slinga/api/team"),
    *("src/slinga/api/things", "src/slinga/channels/email/receiver", "src/slinga/channels/webhook"),
    *("src/slinga/imports/undo", "src/slinga/ingest/api", "src/slinga/ingest/body", "src/slinga/ingest/jobs"),
    *("src/slinga/ingest/steps", "src/slinga/kernel/yaml", "src/slinga/privacy/journal"),
    *("src/slinga/privacy/replay", "src/slinga/privacy/store", "src/slinga/testing"),
)
"""Code whose errors reach programs and terminals only."""
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false", "extensions": "jinja2.ext.do"}
SAID = re.compile(r"""\b(?:t|say)\(\s*"((?:[^"\\]|\\.)+)\"""")
VALUES = re.compile(r"%\((\w+)\)[sd]|(%[sd])|\{(\w+)\}")

EMPTY = re.compile(r'"(Project-Id|Report-Msgid|POT-|PO-|Last-Translator|Language-Team|Generated-By)')

Found = Iterator[tuple[str, str | tuple[str, ...], str | None]]


def found() -> Found:
    """(file from the root, text or its singular and plural, context) of each use of a word."""
    for path in sorted(SOURCE.rglob("*")):
        file, keywords = path.relative_to(ROOT).as_posix(), KEYWORDS
        if path.suffix == ".html" and "templates" in path.parts:
            method, options = "jinja2.ext:babel_extract", JINJA
        elif path.suffix == ".py":
            method, options = "python", {}
            keywords = KEYWORDS if file.startswith(UNSEEN) else KEYWORDS | FAULTS
        else:
            continue
        for _line, text, _comments, context in extract_from_file(
            method, path, keywords=keywords, options=options
        ):
            said = tuple(text) if isinstance(text, tuple | list) else text
            if said and said[0]:
                yield file, said, context
    for path in sorted([*ISLANDS.rglob("*.ts"), *ISLANDS.rglob("*.tsx")]):
        for word in SAID.findall(path.read_text("utf-8")):
            yield path.relative_to(ROOT).as_posix(), word.replace('\\"', '"'), None


def words() -> Catalog:
    """All words of the desk, each with the files that say it."""
    out = Catalog()
    for path, text, context in found():
        out.add(text, locations=[(path, None)], context=context)
    return out


def catalogue(locale: str) -> Catalog:
    """A language's catalogue as it lies in the repository."""
    path = SOURCE / "locale" / locale / "desk.po"
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as given:
        return read_po(given, locale=locale)


def updated(source: Catalog, there: Catalog) -> Catalog:
    """The words of `source` with what `there` says of them; a word that is new stays empty."""
    out = Catalog(locale=there.locale, header_comment=there.header_comment, fuzzy=False)
    for word in source:
        if not word.id:
            continue
        old = there.get(word.id if isinstance(word.id, str) else word.id[0], word.context)
        same = old is not None and isinstance(old.id, str) == isinstance(word.id, str)
        files = sorted({path for path, _ in word.locations})
        out.add(
            word.id,
            old.string if same and old is not None else None,
            locations=[(path, None) for path in files],
            context=word.context,
        )
    return out


def values(text: str) -> list[str]:
    """What a text takes in: names in %(...)s and {...}, and bare %s and %d in their order."""
    return sorted({name or "{" + brace for name, bare, brace in VALUES.findall(text) if not bare}) + [
        bare for _, bare, _ in VALUES.findall(text) if bare
    ]


def faults(word: Message, plurals: int) -> Iterator[str]:
    """What is wrong with what a catalogue says of a word."""
    forms = word.string if isinstance(word.string, tuple | list) else (word.string,)
    source = word.id if isinstance(word.id, tuple | list) else (word.id,)
    if not all(forms):
        yield "is not translated"
        return
    if word.fuzzy:
        yield "is marked fuzzy: look at it, then take the mark away"
    if len(source) == 2 and len(forms) != plurals:
        yield f"needs {plurals} plural forms"
    for form in forms:
        wanted, given = values(source[-1]), values(form)
        # A singular may leave its number out, as the source's own may.
        if given != wanted and not (len(source) == 2 and set(given) >= set(wanted) - {"num"}):
            yield f"takes {given} where the source takes {wanted}"
        if form.count("%%") != source[-1].count("%%") or form[-1:].isspace() != source[-1][-1:].isspace():
            yield "differs in %% or in the space at its end"


def check() -> list[str]:
    """Everything that is wrong, each with its remedy."""
    source, out = words(), []
    known = {(word.id if isinstance(word.id, str) else word.id[0], word.context) for word in source}
    for locale in LOCALES:
        there = catalogue(locale)
        have = {(w.id if isinstance(w.id, str) else w.id[0], w.context): w for w in there if w.id}
        for key, _context in sorted(known - set(have) - {("", None)}, key=str):
            out.append(f"{locale}: {key!r} is missing; run `make words` and translate it")
        for key, _context in sorted(set(have) - known, key=str):
            out.append(f"{locale}: {key!r} is said nowhere any more; run `make words`")
        for (key, _context), word in have.items():
            out += [f"{locale}: {key!r} {fault}" for fault in faults(word, there.num_plurals)]
    return out


def write() -> None:
    """Bring the catalogues up to date."""
    source = words()
    for locale in LOCALES:
        out = updated(source, catalogue(locale))
        path = SOURCE / "locale" / locale / "desk.po"
        terms = path.read_text("utf-8").partition('msgid ""')[0].splitlines() if path.exists() else []
        with path.open("wb") as place:
            write_po(place, out, width=110, sort_output=True, include_lineno=False, include_previous=False)
        # The table of terms stays as it is written; of the header stays what says something, without dates.
        kept = [line for line in path.read_text("utf-8").splitlines() if not EMPTY.match(line)]
        kept = terms + kept[kept.index('msgid ""') :]
        path.write_text("\n".join(kept).rstrip("\n") + "\n", "utf-8")
        empty = sum(
            1 for word in out if word.id and not (all(word.string) if word.pluralizable else word.string)
        )
        print(f"{locale}: {len(out)} words, {empty} to translate")


def main() -> int:
    if "--check" not in sys.argv[1:]:
        write()
        return 0
    wrong = check()
    print("\n".join(wrong) or "The catalogues say everything.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
