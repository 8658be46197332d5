"""The desk as a member of the team sees it, for tests.

In: a world and a path. Out: the page's text, signed in.
Always true: signs in by the one-time address like anybody; the world's other calls carry no session.
"""

import re
from html import unescape
from typing import Any

from slinga.access.jobs import add_member, nobody, sign_in_link
from slinga.kernel.ids import person_key
from slinga.testing.world import World


def html(world: Any, path: str) -> str:
    """A page of the desk as it is sent to the owner; of the world only the web side and `db` are used."""
    return _fetch(world, _cookie(world), path)


def page(world: World, path: str) -> str:
    """The words of a page of the desk, tags stripped and white space folded."""
    return _words(html(world, path))


def press(world: World, path: str, action: str, /, **fields: str) -> str:
    """Fill in the form of a page and send it to its action; the words of the page that follows."""
    cookie, token = form_of(world, path)
    sent = {"csrf": token, **fields}
    headers = {"Cookie": cookie, "Origin": world.settings.base_url}
    answer = world.client.post(action, headers=headers, data=sent, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return _words(_fetch(world, cookie, str(answer.headers["location"])))


def form_of(world: World, path: str) -> tuple[str, str]:
    """A cookie of somebody who is signed in, and the token of a page's forms."""
    cookie = _cookie(world)
    token = re.search(r'name="csrf" value="([^"]+)"', _fetch(world, cookie, path))
    assert token, f"{path} has no form"
    return cookie, unescape(token[1])


def sign_in_address(world: World, base_url: str = "") -> str:
    """A one-time address that signs the world's owner in; the owner is made when nobody is there."""
    if nobody(world.db):
        add_member(world.db, "owner@shop.example", "Owner", "owner")
    return sign_in_link(world.db, base_url)


def _cookie(world: World) -> str:
    answer = world.get(sign_in_address(world), method="POST")
    assert answer.status_code in (302, 303), answer.text
    world.client.cookies.clear()
    return str(answer.headers["set-cookie"].partition(";")[0])


def _fetch(world: World, cookie: str, path: str) -> str:
    found = world.client.get(path, headers={"Cookie": cookie}, follow_redirects=True)
    world.client.cookies.clear()
    assert found.status_code == 200, found.text
    return str(found.text)


def _words(text: str) -> str:
    bare = re.sub(r"<(style|script|svg).*?</\1>", " ", text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def person_page(world: World, user: str) -> str:
    """The words of somebody's page."""
    return page(world, f"/admin/people/{person_key('user', user)}")
