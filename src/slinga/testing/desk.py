"""The desk as a member of the team sees it, for tests.

In: a world and a path. Out: the page's text, signed in.
Always true: signs in by the one-time address like anybody; the world's other calls carry no session.
"""

import re
from html import unescape

from slinga.access.jobs import sign_in_link
from slinga.kernel.ids import person_key
from slinga.testing.world import World


def page(world: World, path: str) -> str:
    """The words of a page of the desk, tags stripped and white space folded."""
    link = sign_in_link(world.db, "")
    answer = world.get(link, method="POST")
    assert answer.status_code in (302, 303), answer.text
    cookie = answer.headers["set-cookie"].partition(";")[0]
    found = world.client.get(path, headers={"Cookie": cookie}, follow_redirects=True)
    world.client.cookies.clear()
    assert found.status_code == 200, found.text
    bare = re.sub(r"<(style|script|svg).*?</\1>", " ", found.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def person_page(world: World, user: str) -> str:
    """The words of somebody's page."""
    return page(world, f"/admin/people/{person_key('user', user)}")
