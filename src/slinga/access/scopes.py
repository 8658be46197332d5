"""What a secret key may be allowed: the closed list, and the question.

In: the scopes of a key. Out: whether they cover one.
Always true: `everything` covers all that is and all that will be; a write key has no scope at all.
"""

from collections.abc import Iterable, Sequence

from slinga.kernel.errors import Invalid

EVERYTHING = "everything"
SCOPES: dict[str, str] = {
    "people:read": "Find people, read their profile, timeline, consents and messages, and count them.",
    "people:write": "Add events, change traits, tags, things, consents, stages and journeys of people.",
    "people:export": "Take out everything that is known of a person.",
    "people:erase": "Erase people for ever.",
    "definitions:read": "Read segments, models, journeys, templates and policies, and rehearse them.",
    "definitions:publish": "Publish and retire definitions.",
    "broadcasts:write": "Create, start, pause and cancel broadcasts.",
    "messages:send": "Send transactional messages.",
    "marketing:switch": "Stop all marketing, and let it go again.",
    "keys:manage": "Make and withdraw keys, and read the audit log.",
    EVERYTHING: "All of these, and what will be added.",
}
"""Each scope and what it opens."""


def known(scopes: Sequence[str]) -> tuple[str, ...]:
    """The scopes, each once, in the order of the list. Raises Invalid for an unknown one or for none."""
    for scope in scopes:
        if scope not in SCOPES:
            raise Invalid(f"{scope!r} is not one of {', '.join(SCOPES)}", field="scopes")
    if not scopes:
        raise Invalid(f"say what the key may do: {', '.join(SCOPES)}", field="scopes")
    return tuple(scope for scope in SCOPES if scope in scopes)


def covers(scopes: Iterable[str], wanted: str) -> bool:
    """Whether a key with these scopes may do what `wanted` opens."""
    return EVERYTHING in scopes or wanted in scopes
