"""Write docs/reference/{settings,http-api,grammar,nodes,import-mapping}.md from the code they describe.

In: the code. Out: Markdown; `pages()` gives it without writing, for the test that finds drift.
Run `make docs` after changing a setting, a route, a condition or a node.
"""

import ast
import inspect
import re
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parent.parent
MADE = "<!-- Written by scripts/reference.py from the code; change the code, then run `make docs`. -->\n"
SETTINGS = """\
All settings come from the environment. `slinga settings` prints them with their present values, secrets
masked. An unknown `SLINGA_` variable is an error, so a typo never passes in silence.
"""
GRAMMAR = """\
A condition is a JSON object whose `op` says what it asks. The same grammar serves segments, triggers,
branches, stage rules, goals and exits. An unknown field is an error that names its path. Lengths of time
are written `30m`, `2h`, `3d`, `2w`, `6mo`, `1y`.
"""


def paragraph(text: str | None) -> str:
    """A docstring as Markdown text on as few lines as it has paragraphs."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(text or ""))
    return "\n\n".join(" ".join(part.split()) for part in parts)


def cell(text: str) -> str:
    """Text that fits a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(cell, row)) + " |" for row in rows)]) + "\n"


def fields(kind: type) -> Iterator[tuple[str, str, str, str]]:
    """(name in a document, type as written, default, explanation) of a struct's own fields."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    encoded = dict(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))  # type: ignore[attr-defined]
    for here, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if not isinstance(here, ast.AnnAssign) or not isinstance(here.target, ast.Name):
            continue
        if here.target.id not in encoded:
            continue
        said = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            said = str(after.value.value)
        default = "required" if here.value is None else ast.unparse(here.value)
        if default.startswith(("msgspec.field", "field(")):
            found = re.search(r"default=([^,)]+)", default)
            default = found[1] if found else "required"
        yield (
            encoded[here.target.id],
            ast.unparse(here.annotation).replace('"', "").replace("'", ""),
            default,
            said,
        )


def field_table(kind: type) -> str:
    """The table of a struct's fields."""
    rows = [(f"`{n}`", f"`{t}`", d if d == "required" else f"`{d}`", s) for n, t, d, s in fields(kind)]
    return table(("field", "type", "default", "meaning"), rows) if rows else "It has no settings.\n"


def settings() -> str:
    """docs/reference/settings.md"""
    from slinga.runtime.settings import Settings, explain

    found = explain(Settings())
    rows = [(f"`{row.variable}`", f"`{row.default}`" if row.default else "empty", row.doc) for row in found]
    return f"# Settings\n\n{MADE}\n{SETTINGS}\n{table(('variable', 'default', 'meaning'), rows)}"


def spoken(function: Any) -> Any:
    """The function itself where it was wrapped to run in a thread."""
    return getattr(function, "func", function)


def http_api() -> str:
    """docs/reference/http-api.md"""
    import importlib

    from litestar import Litestar

    parts = []
    for place in sorted((ROOT / "src" / "slinga").glob("**/api.py")):
        if "admin" in place.relative_to(ROOT).parts:  # pages for people; `admin/doors.py` lists them
            continue
        name = ".".join(place.relative_to(ROOT / "src").with_suffix("").parts)
        module = importlib.import_module(name)
        if not hasattr(module, "routes"):  # guards, which answer nothing themselves
            continue
        if hasattr(module, "OPERATIONS"):
            parts.append(admin_api(module))
            continue
        rows = []
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # about how a handler names its parameters: not this page's matter
            app = Litestar(module.routes, openapi_config=None)
        for route in app.routes:
            for handler in getattr(route, "route_handlers", ()):
                methods = ", ".join(sorted(set(handler.http_methods) - {"OPTIONS"}))
                if methods:
                    path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
                    rows.append(
                        (methods, f"`{path}`", paragraph(spoken(handler.fn).__doc__).split("\n\n")[0])
                    )
        what = paragraph(module.__doc__)
        parts.append(f"## {what.split(chr(10))[0]}\n\n" + "\n\n".join(what.split("\n\n")[1:]) + "\n\n")
        parts.append(table(("method", "path", "what it does"), sorted(set(rows), key=lambda r: (r[1], r[0]))))
        parts.append("\n")
    return f"# HTTP API\n\n{MADE}\n" + "".join(parts).rstrip() + "\n"


ADMIN = """\
The whole description, with schemas and examples, is at `/api/openapi.json` (OpenAPI 3.1); `/api` is a page.

- **Who**: `Authorization: Bearer sk_...`. Make a key with `slinga keys add secret NAME --scope SCOPE`, or
  over `POST /api/v1/keys`. A key without the scope of a route gets 403; a secret key in a browser too.
- **Whom**: `{person}` is a key (32 hex digits), or `user:42`, `email:anna@example.org`, `phone:+46701234567`,
  `anonymous:ID`, `external:KIND:VALUE`. Identifiers of profiles that were merged lead to whom they became.
- **Once**: a write with an `Idempotency-Key` happens once, however often it is sent, for eight days. A repeat
  gets the first answer with `Idempotent-Replayed: true`; another body under the key is 422; a repeat while
  the first is being worked on is 409.
- **When**: changes to people are inputs in their log, answered with 202 once they are on the disk; the engine
  applies them in order, usually within a second.
- **Pages**: `limit` (1 to 200) and `cursor`, which is the `next` of the page before.
- **What is wrong**: `{type, title, status, error, field, remedy}` as `application/problem+json` (RFC 9457).
  A key may read people 600 times a minute in each web process; 429 says when to come back (`Retry-After`).
- **Who did what**: every write and every export is an entry of the audit log, in a chain of hashes.
"""


def admin_api(module: Any) -> str:
    """The admin API: its rules, the scopes, and each resource's routes with what they take."""
    from slinga.access.scopes import SCOPES
    from slinga.api.scopes import SCOPE_OF

    text = ["## The admin API\n", ADMIN]
    text.append(table(("scope", "what it opens"), [(f"`{name}`", what) for name, what in SCOPES.items()]))
    groups: dict[str, list[Any]] = {}
    for one in module.OPERATIONS:
        groups.setdefault(one.path.removeprefix("/api/v1/").partition("/")[0], []).append(one)
    for name, several in groups.items():
        rows = []
        for one in sorted(several, key=lambda one: (one.path, one.method)):
            said = paragraph(one.run.__doc__).split("\n\n")[0]
            takes = [f"`{field}`" for kind in (one.query, one.body) for field in names(kind)]
            scope = f"`{SCOPE_OF[one.method, one.path]}`"
            rows.append((one.method, f"`{one.path}`", scope, ", ".join(takes), said))
        text.append(f"### {name}\n")
        text.append(table(("method", "path", "scope", "takes", "what it does"), rows))
    return "\n".join(text) + "\n"


def names(kind: Any) -> tuple[str, ...]:
    """The fields of a body or of filters as callers write them."""
    return tuple(kind.__struct_encode_fields__) if kind is not None else ()


def grammar() -> str:
    """docs/reference/grammar.md"""
    from slinga.segments import terms

    leaves = [leaf for leaf in get_args(terms.Condition) if hasattr(leaf, "__struct_config__")]
    text = [
        "# Condition grammar\n",
        MADE,
        GRAMMAR,
        f"Comparisons (`cmp`): {', '.join(f'`{c}`' for c in get_args(terms.Cmp))}.\n",
        f"Comparisons of dates: {', '.join(f'`{c}`' for c in get_args(terms.DateCmp))}.\n",
    ]
    for leaf in sorted(leaves, key=lambda leaf: leaf.__struct_config__.tag):
        text += [f"## `{leaf.__struct_config__.tag}`\n", paragraph(leaf.__doc__) + "\n", field_table(leaf)]
    text.append("# Parts of conditions\n")
    for part in (terms.Filter, terms.Attr, terms.Window, terms.Step, terms.Bind):
        text += [f"## {part.__name__}\n", paragraph(part.__doc__) + "\n", field_table(part)]
    return "\n".join(text)


def nodes() -> str:
    """docs/reference/nodes.md"""
    from slinga.journeys.nodes import NODES

    text = [
        "# Journey nodes\n",
        MADE,
        "A node is an object whose `type` says what it does; other nodes lead to it by its key in `nodes`.\n",
    ]
    for node in sorted(NODES, key=lambda n: str(n.__struct_config__.tag)):
        module = sys.modules[node.__module__]
        about = paragraph(module.__doc__).split("\n\n")
        text += [
            f"## `{node.__struct_config__.tag}`\n",
            about[0] + "\n",
            *(part + "\n" for part in about[1:]),
        ]
        text.append(field_table(node))
    return "\n".join(text)


IMPORT_MAPPING = """\
A mapping says which column of a file means what. It is a YAML or JSON document; an unknown field is an error.
`slinga import FILE` shows one that fits a file, `slinga import mapping NAME` prints one that ships, and
`slinga import schema` prints the JSON Schema for editors. A column is named by its header, whatever its case,
or by several spellings of which the first that the file has counts: `email: [Email, E-mail]`.
"""


def import_mapping() -> str:
    """docs/reference/import-mapping.md"""
    from slinga.imports import mappings, model

    text = ["# Import mappings\n", MADE, IMPORT_MAPPING]
    for kind in (model.People, model.Events, model.Orders):
        text += [
            f"## `kind: {kind.__struct_config__.tag}`\n",
            paragraph(kind.__doc__) + "\n",
            field_table(kind),
        ]
    text += [
        "## Every kind\n",
        "These fields belong to people, events and orders alike.\n",
        field_table(model.Base),
    ]
    parts = (model.Who, model.When, model.Csv, model.Field, model.From, model.Consent, model.Suppression)
    for part in (*parts, model.Tag, model.Stage, model.Names, model.Lines, model.Refund):
        text += [f"## {part.__name__}\n", paragraph(part.__doc__) + "\n", field_table(part)]
    text += ["## Mappings that ship\n", "`--as NAME`, each to be copied and changed.\n"]
    for name in mappings.NAMES:
        said = [line.lstrip("# ") for line in mappings.text(name).splitlines() if line.startswith("#")]
        text.append(f"- `{name}`: {' '.join(said)}")
    return "\n".join(text) + "\n"


def pages() -> dict[str, str]:
    """Every page that is written from code, by its path in the repository."""
    made = {"settings": settings(), "http-api": http_api(), "grammar": grammar(), "nodes": nodes()}
    made["import-mapping"] = import_mapping()
    pages = {f"docs/reference/{name}.md": text.rstrip() + "\n" for name, text in made.items()}
    return pages | {f"docs/reference/schemas/{name}": text for name, text in schema_texts().items()}


def schema_texts() -> dict[str, str]:
    """The JSON Schemas of all kinds of definitions, as `slinga schemas` writes them."""
    from slinga.engine.schemas import texts

    return texts()


def main() -> None:
    for name, text in pages().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
