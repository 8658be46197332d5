"""The frame of every page: sections, bar, words, assets, forms.

In: a template's name and its values. Out: a whole page, or a part of one for htmx.
Always true: what a page shows passes the strict, escaping templates; a form is read only with the session's
token; a room never builds HTML in Python.

How a room uses it:

    from slinga.admin.shell.api import Web, form, shown, pool

    @get("/admin/things", sync_to_thread=True)
    def things(request: Web) -> Response[str]:
        with pool(request) as db:
            return shown(request, db, "things/list", part="/admin/things", rows=store.things(db))
"""

from slinga.admin.shell.model import LATE_ANSWERS, Desk, Hold, Late, LateAnswer

__all__ = ["LATE_ANSWERS", "Desk", "Hold", "Late", "LateAnswer"]
