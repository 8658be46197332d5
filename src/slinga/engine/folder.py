"""Definitions as a folder of YAML files, so that a team can keep them in git.

In: the texts of files by their path in the folder, or what is in force. Out: definitions, problems that name
file and field, texts to write.
Always true: what is written from a program reads back as the same program; the name of a file is the key of
what is in it; only errors stop a publication, warnings are advice.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from slinga.engine.program import Part, compile_program
from slinga.journeys import model as journeys
from slinga.journeys import validate as journey_checks
from slinga.journeys.node import Node
from slinga.kernel import yaml
from slinga.kernel.calendar import is_zone
from slinga.kernel.errors import Invalid
from slinga.lifecycle import model as models
from slinga.lifecycle import scores
from slinga.lifecycle import validate as model_checks
from slinga.messages import model as templates
from slinga.messages import policy as policies
from slinga.segments.grammar import references
from slinga.segments.model import parse_segment

FOLDERS = {
    "segments": "segment",
    "models": "model",
    "scores": "score",
    "journeys": "journey",
    "templates": "template",
}
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
    message: str
    weight: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f"{self.file}: {self.field}" if self.field else self.file
        return f"{where}: {self.message}"


class Folder(msgspec.Struct, frozen=True):
    """What a folder says. `zone` is "" where it names none; `files` tells where each definition stands."""

    documents: Documents
    files: dict[Name, str]
    zone: str = ""


def path_of(name: Name) -> str:
    """Where a definition is written, such as journeys/welcome.yaml."""
    kind, key = name
    folder = next((folder for folder, inside in FOLDERS.items() if inside == kind), "")
    return f"{folder}/{key}.yaml" if folder else f"{kind}.yaml"


def belongs(path: str) -> bool:
    """Whether a file of this path in the folder is one that is read."""
    folder, _, rest = path.rpartition("/")
    return path == WORKSPACE or path in SINGLE or (folder in FOLDERS and rest.endswith(ENDINGS))


def read(texts: Mapping[str, str], singles: Mapping[str, str] | None = None) -> tuple[Folder, list[Problem]]:
    """The folder of these texts by path; a file that cannot be read is a problem and not in it.

    `singles` gives the key under which a policy or a brand is in force already.
    """
    documents: Documents = {}
    files: dict[Name, str] = {}
    problems: list[Problem] = []
    zone = ""
    for path in sorted(texts):
        try:
            document = yaml.load(texts[path])  # JSON is YAML
        except Invalid as fault:
            problems.append(Problem(path, fault.field, fault.message))
            continue
        if not isinstance(document, dict):
            problems.append(Problem(path, "", "a definition is a mapping of fields"))
        elif path == WORKSPACE:
            zone = str(document.get("zone", ""))
            problems += [Problem(path, each, "is not known here") for each in document if each != "zone"]
            if zone and not is_zone(zone):
                problems.append(Problem(path, "zone", f"{zone!r} is not a time zone of the IANA database"))
        else:
            name = _name(path, singles or {})
            said = document.get("key", name[1])
            if name in files:
                problems.append(Problem(path, "", f"{files[name]} defines the same {name[0]}"))
            elif path not in SINGLE and said != name[1]:
                problems.append(
                    Problem(path, "key", f"is {said!r}; name the file {said}.yaml or mend the key")
                )
            documents[name], files[name] = document, path
    return Folder(documents, files, zone), problems


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
) -> list[Problem]:
    """All problems of the definitions, errors first; `others` are in force besides them.

    `nodes` are the node types of extensions.
    """
    together: Documents = {**(others or {}), **folder.documents}
    problems: list[Problem] = []
    for name, document in folder.documents.items():
        try:
            problems += _advice(name, document, together, folder.files[name], nodes)
        except Invalid as fault:
            problems.append(Problem(folder.files[name], fault.field, fault.message))
    if not any(problem.weight == "error" for problem in problems):
        try:
            parts = [Part(kind, key, 1) for kind, key in together]
            compile_program(
                1, zone, parts, {(kind, key, 1): d for (kind, key), d in together.items()}, nodes=nodes
            )
        except Invalid as fault:
            problems.append(located(fault, folder.files))
    return sorted(problems, key=lambda problem: problem.weight != "error")


def located(fault: Invalid, files: Mapping[Name, str]) -> Problem:
    """A fault of the whole set, whose field begins with kind/key, as a problem of the file."""
    named, _, field = fault.field.partition(": ")
    kind, _, key = named.partition("/")
    if key:
        return Problem(files.get((kind, key), f"{kind} {key} (in force)"), field, fault.message)
    return Problem("these definitions together", fault.field, fault.message)


def _advice(
    name: Name, document: dict[str, Any], together: Documents, file: str, nodes: tuple[type[Node], ...]
) -> list[Problem]:
    """Parse one document, which may raise Invalid, and ask its stage what is surely not meant."""
    kind, _ = name
    known: dict[str, list[str]] = {}
    for each, key in together:
        known.setdefault(each, []).append(key)
    if kind == "journey":
        found: Sequence[Any] = journey_checks.problems(
            journeys.parse(document, extra=nodes),
            journey_checks.Known(keys={each: known.get(each, []) for each in FOLDERS.values()}),
        )
        return [Problem(file, each.path, each.message, each.weight) for each in found]
    if kind == "model":
        found = model_checks.problems(models.parse(document), known)
        return [Problem(file, each.path, each.message, each.weight) for each in found]
    parsed = _PARSE[kind](document)
    if kind != "segment":
        return []
    named = sorted(references(parsed.condition).definitions())
    return [
        Problem(file, "condition", f"there is no {other} {key!r}")
        for other, _, key in (name.partition(":") for name in named)
        if other in FOLDERS.values() and (other, key) not in together
    ]


def _brand(document: dict[str, Any]) -> None:
    templates.convert(document, templates.Brand, "brand")


_PARSE: dict[str, Any] = {
    "segment": parse_segment,
    "score": scores.parse,
    "template": templates.parse,
    "policy": policies.parse,
    "brand": _brand,
}


def write(documents: Mapping[Name, dict[str, Any]], zone: str) -> dict[str, str]:
    """The texts of the files that say these documents, by path."""
    texts = {path_of(name): yaml.dump(_arranged(document)) for name, document in documents.items()}
    return {**texts, WORKSPACE: yaml.dump({"zone": zone})}


def _arranged(value: Any) -> Any:
    if isinstance(value, dict):
        first = [name for name in _FIRST if name in value]
        return {name: _arranged(value[name]) for name in [*first, *(n for n in value if n not in first)]}
    return [_arranged(each) for each in value] if isinstance(value, list) else value
