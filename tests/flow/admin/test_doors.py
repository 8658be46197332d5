"""Every route of the desk, for every role: opened, refused with the reason, or sent to sign in."""

from collections.abc import Iterator
from typing import Any

import pytest

from slinga.access.jobs import add_member, sign_in_link
from slinga.access.model import Member
from slinga.access.roles import ROLES, Role, may
from slinga.admin.doors import DOORS
from slinga.testing.world import World, open_world

SAMPLES = {"key": "0" * 32, "number": "1", "id": "0" * 32, "invitation": "1", "version": "1"}
"""What stands for a part of a path; other names stand for themselves."""


@pytest.fixture
def world(database_url: str, tmp_path: Any) -> Iterator[World]:
    with open_world(database_url, tmp_path) as world:
        yield world


def desk_routes(world: World) -> set[tuple[str, str]]:
    """(method, path) of all that a member's cookie opens."""
    return {
        (method, route.path_format)
        for route in world.client.app.routes
        if route.path_format.startswith(("/admin", "/dev/"))
        for handler in getattr(route, "route_handlers", ())
        for method in getattr(handler, "http_methods", ())
        if method not in ("OPTIONS", "HEAD")
    }


def place(path: str) -> str:
    """A path with something in each of its places."""
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", SAMPLES.get(name, name))
    return path


def test_every_route_of_the_desk_has_its_door(world: World) -> None:
    assert desk_routes(world) == set(DOORS), "give it a line in slinga.admin.doors"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(world: World, role: Role) -> None:
    add_member(world.db, "olga@shop.example", "Olga", "owner")
    member = add_member(world.db, f"{role}@shop.example", "Somebody", role)
    headers = {"Accept": "text/html", "Origin": world.settings.base_url}
    for (method, path), needs in sorted(DOORS.items()):
        cookie = cookie_of(world, member)  # anew each time: a route may end the session
        answer = world.client.request(
            method, place(path), headers={**headers, "Cookie": cookie}, follow_redirects=False
        )
        told = (method, path, needs, answer.status_code, answer.text[:300])
        if may(role, needs):
            assert answer.status_code != 401, told
            assert answer.headers.get("location") != "/sign-in", told
            # A form without its token is refused too, but not for the role.
            assert answer.status_code != 403 or "This form is too old" in answer.text, told
        else:
            assert answer.status_code == 403 and "not for your role" in answer.text, told
            assert "Owner" in answer.text and "Olga" in answer.text, told


def test_whoever_is_signed_out_is_sent_to_sign_in(world: World) -> None:
    for method, path in sorted(DOORS):
        answer = world.client.request(method, place(path), follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), (method, path)


def test_a_route_without_a_door_is_nobodys(world: World) -> None:
    owner = add_member(world.db, "olga@shop.example", "Olga", "owner")
    cookie = cookie_of(world, owner)
    world.client.app.state.doors = {}
    answer = world.client.get("/admin/lifecycle", headers={"Cookie": cookie})
    assert answer.status_code == 403 and "table of doors" in answer.text


def cookie_of(world: World, member: Member) -> str:
    """The cookie of a member, by a one-time address."""
    answer = world.get(sign_in_link(world.db, "", member.email), method="POST")
    assert answer.status_code == 303, answer.text
    world.client.cookies.clear()
    return str(answer.headers["set-cookie"].partition(";")[0])
