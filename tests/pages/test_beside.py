"""What somebody does at the desk holds up nobody else: events come in over the same loop."""

import threading
import time

from slinga.runtime.db import connect


def test_a_form_that_takes_long_leaves_the_loop_to_others(world, database_url: str) -> None:
    who, csrf = world.person("anna@shop.test"), world.csrf()
    form = {"csrf": csrf, "typed": who[:8]}
    answers: list[int] = []

    def ask(method: str, path: str, **more) -> threading.Thread:
        thread = threading.Thread(
            target=lambda: answers.append(world.web.request(method, path, **more).status_code), daemon=True
        )
        thread.start()
        return thread

    with connect(database_url) as other:
        with other.transaction():
            other.execute("SELECT pg_advisory_xact_lock(hashtext('slinga.erase'))")
            slow = ask("POST", f"/admin/people/{who}/erase", data=form)
            end = time.monotonic() + 20
            while not other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]:
                assert slow.is_alive() and time.monotonic() < end
            ask("GET", "/healthz/live").join(10)
            assert answers == [200], "the loop waits for the erasure"
        slow.join(20)
    assert answers == [200, 303]
