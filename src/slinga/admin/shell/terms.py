"""Words of closed lists that pages show: states, reasons, channels, roles of facts.

In: nothing. Out: `TERMS`, for the catalogues; the filter `term` says them in the reader's language.
`REASONS` are whole sentences of why a message waits or is dropped, for the filter `reason`.
Always true: pure; a term that is not here, such as a key that a team chose, is shown as it is.
"""

from slinga.admin.shell.words import noted as N_
from slinga.messages.policy import TEXTS

REASONS = {each.value: text for each, text in TEXTS.items()}

TERMS: tuple[str, ...] = (
    # what becomes of a message
    N_("planned"),
    N_("leased"),
    N_("dialling"),
    N_("deferred"),
    N_("accepted"),
    N_("rejected"),
    N_("unknown"),
    N_("cancelled"),
    N_("expired"),
    N_("render failed"),
    # why it waits or is dropped
    N_("stopped"),
    N_("not yet"),
    N_("quiet hours"),
    N_("cap channel"),
    N_("cap overall"),
    N_("lost slot"),
    N_("skipped"),
    N_("already sent"),
    N_("outcome unknown"),
    N_("suppressed"),
    N_("no consent"),
    N_("pending consent"),
    N_("withdrawn"),
    N_("denied"),
    N_("no address"),
    N_("unsupported address"),
    N_("exited"),
    N_("erased"),
    # what a receiver's reply means
    N_("bad address"),
    N_("throttled"),
    N_("our bug"),
    N_("dropped"),
    N_("refused"),
    # why an item is in quarantine
    N_("not json"),
    N_("number"),
    N_("text"),
    N_("too deep"),
    N_("too wide"),
    N_("too large"),
    N_("wrong type"),
    N_("unknown call"),
    N_("missing"),
    N_("time"),
    N_("nobody"),
    N_("identity"),
    N_("store"),
    # how a run ended, and why somebody did not come in
    N_("completed"),
    N_("exit"),
    N_("goal"),
    N_("capped"),
    N_("loop"),
    N_("moved"),
    N_("removed"),
    N_("restarted"),
    N_("merged"),
    N_("too old"),
    N_("already inside"),
    N_("reentry"),
    N_("condition"),
    N_("too many runs"),
    # channels, classes and kinds of definitions
    N_("email"),
    N_("sms"),
    N_("push"),
    N_("webhook"),
    N_("marketing"),
    N_("transactional"),
    N_("segment"),
    N_("journey"),
    N_("template"),
    N_("model"),
    N_("policy"),
    N_("broadcast"),
)
