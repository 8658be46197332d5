"""Rehearsals: what drafts would have done over the recorded past.

In: drafts and a span of time. Out: a report.
Always true: nothing is written and nothing is sent; the same rehearsal gives the same report; it is played in
processes of its own, one at a time, so that nobody else's call waits for it.
"""

import threading

from slinga.api.frame import Call, operation
from slinga.kernel.errors import Unavailable
from slinga.rehearsal.asked.jobs import PROCESSES
from slinga.rehearsal.jobs import rehearse
from slinga.rehearsal.model import Request
from slinga.rehearsal.report import Report

_playing = threading.Lock()


@operation("POST", "/rehearsals", Report, body=Request, example={"sample": "1/8"})
def ask_rehearsal(call: Call) -> Report:
    """Rehearse drafts over the recorded past, whole base, event triggers included.

    It runs while the call waits; a `sample` such as 1/8 is quicker, `slinga simulate` uses all cores.
    """
    if not _playing.acquire(blocking=False):
        raise Unavailable("Another rehearsal is being played; ask again when it has ended.")
    try:
        return rehearse(call.state.settings.database_url, call.body, processes=PROCESSES)
    finally:
        _playing.release()


OPERATIONS = [ask_rehearsal]
