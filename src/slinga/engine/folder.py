"""Definitions as a folder of YAML files, so that a team can keep them in git.

In: the texts of files by their path in the folder, or what is in force. Out: definitions, problems that name
file, line, column and field, texts to write.
Always true: what is written from a program reads back as the same program; the name of a file is the key of
what is in it; only errors stop a publication, warnings are advice.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from slinga.engine import findings
from slinga.engine.mentions import reached
from slinga.engine.program import CARRYING, Part, compile_program
from slinga.journeys import migrate
from slinga.journeys.node import Node
from slinga.kernel import yaml
from slinga.kernel.calendar import is_zone
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.words import Text, worded

FOLDERS = {
    "segments": "segment",
    "models": "model",
    "scores": "score",
    "journeys": "journey",
    "templates": "template",
    "broadcasts": "broadcast",
}
MIGRATIONS = "migrations"
"""Where people inside a journey go when its next version is published; a file is named for its journey."""
SCHEMAS = "schemas"
SINGLE = {"policy.yaml": "policy", "brand.yaml": "brand"}
"""Documents of which a workspace has one; their key is the kind."""
WORKSPACE = "workspace.yaml"
"""What is no definition: the workspace's time zone."""
ENDINGS = (".yaml", ".yml", ".json")
_FIRST = ("key", "op", "on", "type", "name", "description")
"""Fields that a reader looks for first; the database keeps no order."""

Name = tuple[str, str]
"""(kind, key)"""
Documents = dict[Name, dict[str, Any]]


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend, in words for whoever wrote the file."""

    file: str
    field: str
    text: Text
    weight: Literal["error", "warning"] = "error"
    line: int = 0
    """From 1; 0 where there is no text to point into."""
    column: int = 0

    @property
    def message(self) -> str:
        """The text in English, with keys for names, for whoever wrote the file."""
        return str(self.text)

    def plain(self) -> dict[str, Any]:
        """The problem as JSON says it."""
        names = ("file", "field", "message", "weight", "line", "column")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"


class Migration(msgspec.Struct, frozen=True):
    """A migration file: the version people come from, and the mapping of its nodes (`journeys.migrate`)."""

    from_version: int
    mapping: dict[str, Any]


class Folder(msgspec.Struct, frozen=True):
    """What a folder says. `zone` is "" where it names none; `files` tells where each definition stands."""

    documents: Documents
    files: dict[Name, str]
    zone: str = ""
    texts: dict[str, str] = {}
    migrations: dict[str, Migration] = {}
    """By journey."""


def path_of(name: Name) -> str:
    """Where a definition is written, such as journeys/welcome.yaml."""
    kind, key = name
    folder = next((folder for folder, inside in FOLDERS.items() if inside == kind), "")
    return f"{folder}/{key}.yaml" if folder else f"{kind}.yaml"


def belongs(path: str) -> bool:
    """Whether a file of this path in the folder is one that is read."""
    folder, _, rest = path.rpartition("/")
    known = folder in FOLDERS or folder == MIGRATIONS
    return path == WORKSPACE or path in SINGLE or (known and rest.endswith(ENDINGS))


def read(texts: Mapping[str, str], singles: Mapping[str, str] | None = None) -> tuple[Folder, list[Problem]]:
    """The folder of these texts by path; a file that cannot be read is a problem and not in it.

    `singles` gives the key under which a policy or a brand is in force already.
    """
    documents: Documents = {}
    files: dict[Name, str] = {}
    problems: list[Problem] = []
    migrations: dict[str, Migration] = {}
    zone = ""
    texts = {path: _plain(path, text) for path, text in texts.items()}
    for path in sorted(texts):
        try:
            document = yaml.load(texts[path])  # JSON is YAML
        except Invalid as fault:
            problems.append(_unread(path, fault))
            continue
        if not isinstance(document, dict):
            problems.append(Problem(path, "", worded("a definition is a mapping of fields")))
            continue
        document.pop("$schema", None)
        if path == WORKSPACE:
            zone = str(document.get("zone", ""))
            problems += [
                Problem(path, each, worded("is not known here")) for each in document if each != "zone"
            ]
            if zone and not is_zone(zone):
                problems.append(
                    Problem(
                        path,
                        "zone",
                        worded("%(zone)s is not a time zone of the IANA database", zone=repr(zone)),
                    )
                )
        elif path.startswith(f"{MIGRATIONS}/"):
            try:
                migrations[path.rpartition("/")[2].rpartition(".")[0]] = _migration(document)
            except Invalid as fault:
                problems.append(Problem(path, fault.field, fault.text))
        else:
            name = _name(path, singles or {})
            said = document.get("key", name[1])
            if name in files:
                problems.append(Problem(path, "", Text(f"{files[name]} defines the same {name[0]}")))
            elif path not in SINGLE and said != name[1]:
                text = Text(f"is {said!r}; name the file {said}.yaml or mend the key")
                problems.append(Problem(path, "key", text))
            documents[name], files[name] = document, path
    return Folder(documents, files, zone, texts, migrations), placed(problems, texts)


def _plain(path: str, text: str) -> str:
    """JSON may be indented by tabs, which YAML does not take; inside its strings there are none."""
    return text.replace("\t", " ") if path.endswith(".json") else text


def _unread(path: str, fault: Invalid) -> Problem:
    numbers = [int(word) for word in fault.field.replace(",", "").split() if word.isdigit()]
    line, column = numbers if len(numbers) == 2 else (1, 1)
    return Problem(path, "", fault.text, line=line, column=column)


def _migration(document: dict[str, Any]) -> Migration:
    given = dict(document)
    version = given.pop("from_version", None)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Invalid("say which version people come from, such as 3", field="from_version")
    migrate.parse(given)
    return Migration(version, given)


def placed(problems: list[Problem], texts: Mapping[str, str]) -> list[Problem]:
    """The problems with line and column, where there is a text to point into."""
    found = []
    for problem in problems:
        if not problem.line and (text := texts.get(problem.file)) is not None:
            line, column = yaml.place(text, problem.field)
            problem = msgspec.structs.replace(problem, line=line, column=column)
        found.append(problem)
    return found


def _name(path: str, singles: Mapping[str, str]) -> Name:
    if path in SINGLE:
        return SINGLE[path], singles.get(SINGLE[path], SINGLE[path])
    folder, _, rest = path.rpartition("/")
    return FOLDERS[folder], rest.rpartition(".")[0]


def check(
    folder: Folder,
    zone: str,
    others: Mapping[Name, dict[str, Any]] | None = None,
    *,
    nodes: tuple[type[Node], ...] = (),
    now: Instant | None = None,
) -> list[Problem]:
    """All problems of the definitions, errors first; `others` are in force besides them.

    `nodes` are the node types of extensions. `now`: the instant of the check; without it nothing is past.
    """
    together: Documents = {**(others or {}), **folder.documents}
    known = findings.known(together, nodes, now)
    problems: list[Problem] = []
    for name, document in folder.documents.items():
        file = folder.files[name]
        problems += [
            Problem(file, each.path, each.text, each.weight)
            for each in findings.of(
                name[0], document, known, nodes, fresh=(others or {}).get(name) != document
            )
        ]
    problems += [
        Problem(f"{MIGRATIONS}/{key}.yaml", "", Text(f"there is no journey {key!r} in the folder"))
        for key in folder.migrations
        if ("journey", key) not in together
    ]
    if not any(problem.weight == "error" for problem in problems):
        try:
            needed = _compiled(folder.documents, together)
            parts = [Part(kind, key, 1) for kind, key in needed]
            compile_program(
                1, zone, parts, {(kind, key, 1): d for (kind, key), d in needed.items()}, nodes=nodes
            )
        except Invalid as fault:
            problems.append(located(fault, folder.files))
    found = placed(problems, folder.texts)
    return sorted(found, key=lambda problem: problem.weight != "error")


def _compiled(given: Documents, together: Documents) -> Documents:
    """What is compiled to know whether the given documents compile: everything, but for journeys alone, on
    which nothing rests, only what they speak of and the rules of sending."""
    if any(kind not in CARRYING for kind, _ in given):
        return together
    needed = reached(given, together)
    return {name: each for name, each in together.items() if name in needed or name[0] == "policy"}


def located(fault: Invalid, files: Mapping[Name, str]) -> Problem:
    """A fault of the whole set, whose field begins with kind/key, as a problem of the file."""
    named, _, field = fault.field.partition(": ")
    kind, _, key = named.partition("/")
    if key:
        return Problem(files.get((kind, key), f"{kind} {key} (in force)"), field, fault.text)
    return Problem("these definitions together", fault.field, fault.text)


def write(documents: Mapping[Name, dict[str, Any]], zone: str) -> dict[str, str]:
    """The texts of the files that say these documents, by path."""
    texts = {}
    for name, document in documents.items():
        path = path_of(name)
        texts[path] = modeline(name[0], path) + yaml.dump(arranged(document))
    return {**texts, WORKSPACE: yaml.dump({"zone": zone})}


def modeline(kind: str, path: str) -> str:
    """The first line of a file, by which editors find the schema of what is in it."""
    up = "../" * path.count("/")
    return f"# yaml-language-server: $schema={up or './'}{SCHEMAS}/{kind}.json\n"


def arranged(value: Any) -> Any:
    """The document with what a reader looks for first at the top."""
    if isinstance(value, dict):
        first = [name for name in _FIRST if name in value]
        return {name: arranged(value[name]) for name in [*first, *(n for n in value if n not in first)]}
    return [arranged(each) for each in value] if isinstance(value, list) else value
