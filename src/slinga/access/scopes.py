"""What a secret key may be allowed: the closed list, and the question.

In: the scopes of a key. Out: whether they cover one.
Always true: `everything` covers all that is and all that will be; a write key has no scope at all.
"""

from collections.abc import Iterable, Sequence

from slinga.kernel.errors import Invalid
from slinga.kernel.words import noted as N_

EVERYTHING = "everything"
WRITES = "people:write"
"""What a key may that tells facts about people which are believed."""
SCOPES: dict[str, str] = {
    "people:read": N_("Find people, read their profile, timeline, consents and messages, and count them."),
    WRITES: N_("Add events, change traits, tags, things, consents, stages and journeys of people."),
    "people:export": N_("Take out everything that is known of a person."),
    "people:erase": N_("Erase people for ever."),
    "definitions:read": N_("Read segments, models, journeys, templates and policies, and rehearse them."),
    "definitions:publish": N_("Publish and retire definitions."),
    "broadcasts:write": N_("Create, start, pause and cancel broadcasts."),
    "messages:send": N_("Send transactional messages."),
    "marketing:switch": N_("Stop all marketing, and let it go again."),
    "keys:manage": N_("Make and withdraw keys, and read the audit log."),
    EVERYTHING: N_("All of these, and what will be added."),
}
"""Each scope and what it opens."""


def known(scopes: Sequence[str]) -> tuple[str, ...]:
    """The scopes, each once, in the order of the list. Raises Invalid for an unknown one or for none."""
    for scope in scopes:
        if scope not in SCOPES:
            raise Invalid(
                "'%(value)s' is not one of %(known)s", field="scopes", value=scope, known=", ".join(SCOPES)
            )
    if not scopes:
        raise Invalid(N_("Choose what the key may do."), field="scopes")
    return tuple(scope for scope in SCOPES if scope in scopes)


def covers(scopes: Iterable[str], wanted: str) -> bool:
    """Whether a key with these scopes may do what `wanted` opens."""
    return EVERYTHING in scopes or wanted in scopes
