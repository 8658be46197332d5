"""Rehearsals: what drafts would have done over the recorded past.

In: drafts and a span of time. Out: a report.
Always true: nothing is written and nothing is sent; the same rehearsal gives the same report.
"""

from slinga.api.frame import Call, operation
from slinga.rehearsal.jobs import rehearse
from slinga.rehearsal.model import Request
from slinga.rehearsal.report import Report


@operation("POST", "/rehearsals", Report, body=Request, example={"sample": "1/8"})
def ask_rehearsal(call: Call) -> Report:
    """Rehearse drafts over the recorded past, whole base, event triggers included.

    It runs while the call waits; a `sample` such as 1/8 is quicker, `slinga simulate` uses all cores.
    """
    return rehearse(call.state.settings.database_url, call.body, processes=1)


OPERATIONS = [ask_rehearsal]
