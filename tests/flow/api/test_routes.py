"""Every route is declared, every route asks for its scope, and the description is what happens."""

from typing import Any

import jsonschema_rs
import pytest

from slinga.access.scopes import EVERYTHING, SCOPES
from slinga.admin.doors import DOORS
from slinga.api.api import OPERATIONS
from slinga.api.scopes import SCOPE_OF
from slinga.testing.world import World

OPEN = {
    "/",
    "/healthz",
    "/healthz/live",
    "/healthz/ready",
    "/api",
    "/api/openapi.json",
    "/slinga/public.css",
    "/sign-in",
    "/sign-out",
    "/metrics",
    "/assets/{name}",
    "/favicon.ico",
    "/media/{name}",
    "/slinga.js",
}
"""Routes that ask nobody who they are."""
BY_TOKEN = (
    "/u/",
    "/p/",
    "/c/",
    "/o/",
    "/confirm/",
    "/sign-in/",
    "/setup/",
    "/invitations/",
    "/second-factor",
)
"""Routes that a sealed or single-use token opens; the second factor's travels in a cookie."""
BY_WRITE_KEY = "/v1"
BY_MEMBER = ("/admin", "/dev/")
SHOP = "/shop"


def routes(world: World) -> list[tuple[str, str, Any]]:
    """(method, path, handler) of the whole application."""
    found = []
    for route in world.client.app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in getattr(handler, "http_methods", ()):
                if method not in ("OPTIONS", "HEAD"):
                    found.append((method, route.path_format, handler))
    return found


def test_every_route_of_the_application_is_declared(world: World) -> None:
    undeclared = []
    for method, path, handler in routes(world):
        guards = {getattr(each, "func", each).__name__ for each in handler.resolve_guards()}
        if path.startswith("/api/v1/"):
            good = (method, path) in SCOPE_OF and "guard" in guards
        elif path.startswith(BY_MEMBER):
            good = (method, path) in DOORS and "door_guard" in guards
        else:
            good = path in OPEN or path.startswith((*BY_TOKEN, BY_WRITE_KEY, SHOP))
        if not good:
            undeclared.append((method, path))
    assert undeclared == [], (
        "declare it in slinga.api.scopes or slinga.admin.doors, or give it its stage's guard"
    )


def test_the_table_names_only_routes_that_are(world: World) -> None:
    there = {(method, path) for method, path, _ in routes(world)}
    assert set(SCOPE_OF) - there == set()
    assert {(one.method, one.path) for one in OPERATIONS} == set(SCOPE_OF)
    assert set(SCOPE_OF.values()) | {EVERYTHING} == set(SCOPES)


def test_each_route_asks_for_its_own_scope_and_no_other_opens_it(client_with: Any, world: World) -> None:
    keys = {scope: client_with(scope) for scope in SCOPES}
    for (method, path), scope in SCOPE_OF.items():
        place = path.removeprefix("/api/v1").replace("{person}", "user:x").replace("{", "").replace("}", "")
        for held, client in keys.items():
            answer = client.raw(method, place, None if method in ("GET", "DELETE") else {"no": 1})
            opened = answer.status_code != 403
            assert opened == (held in (scope, EVERYTHING)), (method, path, held, answer.text)
    nobody = world.client.get("/api/v1/people")
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    wrong = world.client.get("/api/v1/people", headers={"Authorization": f"Bearer {world.server_key}"})
    assert wrong.status_code == 401


def test_a_secret_key_in_a_browser_is_refused(client: Any, world: World) -> None:
    headers = {"Authorization": f"Bearer {client.secret}", "Origin": "https://shop.example"}
    assert world.client.get("/api/v1/people", headers=headers).status_code == 403


def test_the_description_is_openapi_3_1_and_its_examples_fit(world: World) -> None:
    answer = world.client.get("/api/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    components = document["components"]["schemas"]

    def whole(schema: Any) -> Any:
        return {**schema, "components": {"schemas": components}}

    for name, schema in components.items():
        jsonschema_rs.validator_for(whole(schema))
        assert "description" in schema, name
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert one["summary"] and one["operationId"], (path, method)
            content = one.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in content:
                jsonschema_rs.validator_for(whole(content["schema"])).validate(content["example"])
    page = world.client.get("/api").text
    assert "<script" not in page and "/api/v1/people" in page


@pytest.mark.parametrize("path", ["/nothing", "/people/a/b/c/d"])
def test_what_is_not_there_has_the_same_shape(client: Any, path: str) -> None:
    found = client("GET", path, status=404)
    assert found["error"] == "missing" and found["remedy"]
