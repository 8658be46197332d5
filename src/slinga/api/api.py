"""The admin API's routes: people, things, definitions, counts, messages, marketing, keys.

In: calls under /api/v1 with a secret key. Out: documents; /api/openapi.json describes them, /api is a page.
Always true: each route's scope stands in `scopes`; a write happens once per Idempotency-Key.
"""

import html
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router, get
from psycopg import DataError

from slinga.api import (
    broadcasts,
    changes,
    counts,
    definitions,
    messages,
    people,
    rehearsals,
    requests,
    suppression,
    team,
    things,
)
from slinga.api.counts import Count, Preview
from slinga.api.frame import Limit, Operation, handler
from slinga.api.openapi import describe
from slinga.api.scopes import SCOPE_OF, P
from slinga.api.suppression import Book
from slinga.privacy.erase import KeyOf
from slinga.runtime.problem import MEDIA, problem

OPERATIONS: list[Operation] = [
    *people.OPERATIONS,
    *changes.OPERATIONS,
    *suppression.OPERATIONS,
    *requests.OPERATIONS,
    *things.OPERATIONS,
    *counts.OPERATIONS,
    *definitions.OPERATIONS,
    *rehearsals.OPERATIONS,
    *broadcasts.OPERATIONS,
    *messages.OPERATIONS,
    *team.OPERATIONS,
]


def state(key_of: KeyOf, desk: Any, count: Count, preview: Preview, book: Book) -> dict[str, Any]:
    """What the routes find in `app.state` besides the pool.

    `key_of` gives the keyed hash of an address; `desk` is the switch that stops marketing; `count` tells of
    how many people a condition is true, `preview` about; `book` is what delivery remembers of addresses.
    """
    parts = {"address_key": key_of, "switch": desk, "count": count, "preview": preview, "book": book}
    return {"api_limit": Limit(), **parts}


@get("/api/openapi.json", sync_to_thread=False, include_in_schema=False, name="openapi")
def description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What the admin API takes and answers, as OpenAPI 3.1."""
    return Response(_DESCRIPTION, media_type="application/json")


@get("/api", sync_to_thread=False, include_in_schema=False, name="api page")
def page(request: Request[Any, Any, Any]) -> Response[str]:
    """The admin API's routes on one page, without script."""
    return Response(_PAGE, media_type=MediaType.HTML)


def _page() -> str:
    rows = "".join(
        f"<tr><td>{one.method}</td><td><code>{html.escape(one.path)}</code></td>"
        f"<td>{html.escape((one.run.__doc__ or '').partition(chr(10))[0])}</td>"
        f"<td><code>{SCOPE_OF.get((one.method, one.path), '')}</code></td></tr>"
        for one in OPERATIONS
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Slinga admin API</title>'
        '<meta name="viewport" content="width=device-width"></head><body><main><h1>Slinga admin API</h1>'
        '<p>The whole description: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI 3.1).</p>'
        f"<table><thead><tr><th>method<th>path<th>what it does<th>scope</tr></thead><tbody>{rows}</tbody>"
        "</table></main></body></html>"
    )


_DESCRIPTION = msgspec.json.format(msgspec.json.encode(describe(OPERATIONS)), indent=1)
_PAGE = _page()


def _unstorable(_: Request[Any, Any, Any], fault: DataError) -> Response[Any]:
    """A value that the store cannot hold is the caller's to mend."""
    found = problem(400, f"the store cannot hold this: {fault.diag.message_primary}")
    return Response(found, status_code=400, media_type=MEDIA)


routes = [
    Router(
        P,
        route_handlers=[handler(one) for one in OPERATIONS],
        exception_handlers={DataError: _unstorable},
    ),
    description,
    page,
]
