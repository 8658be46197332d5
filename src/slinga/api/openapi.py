"""The description of the admin API, made from its operations: OpenAPI 3.1.

In: operations. Out: a document.
Always true: schemas are those by which calls are decoded and answers encoded, so the description cannot
differ from what happens; every operation tells its scope, its errors and an example.
"""

import inspect
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from slinga import __version__
from slinga.access.scopes import SCOPES
from slinga.api.frame import Operation
from slinga.api.scopes import SCOPE_OF
from slinga.runtime.problem import MEDIA, WORDS, Problem

_REF = "#/components/schemas/{name}"
_ERRORS = {
    "GET": (400, 401, 403, 404, 409, 429, 503),
    "": (400, 401, 403, 404, 409, 413, 422, 429, 503),
}
ABOUT = """\
Everything a shop's servers and a team's programs may ask and do. Calls carry a secret key
(`Authorization: Bearer sk_...`), made by `slinga keys add secret NAME --scope SCOPE`. A write with an
`Idempotency-Key` happens once, however often it is sent; the answer is kept for eight days. Errors have
one shape.
"""


def describe(operations: Sequence[Operation], server: str = "/") -> dict[str, Any]:
    """The document."""
    kinds = [Problem]
    for one in operations:
        kinds += [kind for kind in (one.answer, one.body) if kind is not None and kind is not bytes]
    unique = list(dict.fromkeys(kinds))
    schemas, components = msgspec.json.schema_components(unique, ref_template=_REF)
    of = dict(zip(unique, schemas, strict=True))
    for name, schema in components.items():
        _tidy(name, schema)
    paths: dict[str, Any] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Slinga admin API",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "security": [{"secretKey": []}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(one) for one in operations)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "secretKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A secret key. Scopes: "
                    + "; ".join(f"`{name}`: {what}" for name, what in SCOPES.items()),
                }
            },
            "responses": {
                f"Problem{status}": {
                    "description": title,
                    "content": {
                        MEDIA: {
                            "schema": of[Problem],
                            "example": {
                                "type": "about:blank",
                                "title": title,
                                "status": status,
                                "error": word,
                                "field": "",
                                "remedy": "What to do, in words.",
                            },
                        }
                    },
                }
                for status, (word, title) in WORDS.items()
            },
        },
    }


def _tidy(name: str, schema: dict[str, Any]) -> None:
    """The first paragraph of a docstring is a description; a title that repeats the name says nothing."""
    schema.pop("title", None)
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())


def _tag(one: Operation) -> str:
    return one.path.removeprefix("/api/v1/").partition("/")[0]


def _operation(one: Operation, of: dict[Any, Any]) -> dict[str, Any]:
    doc = inspect.getdoc(one.run) or ""
    first, _, rest = doc.partition("\n")
    scope = SCOPE_OF.get((one.method, one.path), "")
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [_tag(one)],
        "summary": first,
        "description": (" ".join(rest.split()) + f"\n\nScope: `{scope}`.").strip(),
        "parameters": [*_path(one.path), *_query(one.query), *(_once() if one.writes else [])],
        "responses": {str(one.status): _answer(one, of), **_problems(one)},
    }
    if one.body is not None:
        content: dict[str, Any] = {"schema": of[one.body]}
        if one.example is not None:
            content["example"] = one.example
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    return found


def _answer(one: Operation, of: dict[Any, Any]) -> dict[str, Any]:
    headers = {}
    if one.writes:
        said = "`true` where this is the answer of an earlier call with the same Idempotency-Key"
        headers = {"Idempotent-Replayed": {"description": said, "schema": {"type": "string"}}}
    what = {200: "The answer", 201: "Made", 202: "Accepted durably", 204: "Done"}.get(
        one.status, "The answer"
    )
    found: dict[str, Any] = {"description": what}
    if headers:
        found["headers"] = headers
    if one.answer is bytes:
        found["content"] = {one.media: {"schema": {"type": "string", "format": "binary"}}}
    elif one.status != 204:
        found["content"] = {one.media: {"schema": of[one.answer]}}
    return found


def _problems(one: Operation) -> dict[str, Any]:
    statuses = _ERRORS.get(one.method, _ERRORS[""])
    return {str(each): {"$ref": f"#/components/responses/Problem{each}"} for each in statuses}


_EXAMPLES = {
    "person": "user:42",
    "tag": "vip",
    "key": "welcome",
    "kind": "journey",
    "type": "vehicle",
    "id": "ABC123",
    "message": "0" * 32,
    "number": "1",
}


def _path(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "example": _EXAMPLES.get(name, "x"),
        }
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _query(kind: Any) -> list[dict[str, Any]]:
    if kind is None:
        return []
    (schema,), components = msgspec.json.schema_components([kind], ref_template=_REF)
    body = components[schema["$ref"].rpartition("/")[2]]
    needed = body.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": _bare(each)}
        for name, each in body["properties"].items()
    ]


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "title"}


def _once() -> list[dict[str, Any]]:
    said = "The same key happens once; with another body it is refused (422), while at work 409."
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": said,
            "schema": {"type": "string", "maxLength": 200},
        }
    ]
