"""What a member may do: the closed list of permissions, and the four roles as sets of them.

In: a role, a permission. Out: whether it covers it, and who else would.
Always true: pure; an owner may do everything; whoever only sees figures sees nothing of a person.
"""

from typing import Literal, get_args

import msgspec

from slinga.kernel.errors import Invalid
from slinga.kernel.words import noted as N_

Role = Literal["owner", "marketer", "analyst", "viewer"]
Permission = Literal[
    "own",
    "figures",
    "people",
    "export",
    "change",
    "write",
    "publish",
    "send",
    "import",
    "erase",
    "settings",
    "team",
]

PERMISSIONS: dict[Permission, str] = {
    "own": N_("Change their own name, language and password."),
    "figures": N_("See figures and definitions: stages, journeys, reports, without anything of a person."),
    "people": N_("See people, what they did, and what was sent to them."),
    "export": N_("Take figures and lists out as files."),
    "change": N_("Change people by hand: tags, stages, consents, suppressions."),
    "write": N_("Write drafts: segments, journeys, templates, policies."),
    "publish": N_("Publish and retire definitions."),
    "send": N_("Start and stop broadcasts, send tests, stop all marketing."),
    "import": N_("Import people, orders and events."),
    "erase": N_("Export and erase all that is known of a person."),
    "settings": N_("Change the settings of the workspace and of sources."),
    "team": N_("Invite members, give roles, make keys, read the audit log."),
}
"""Each permission and what it opens."""


class Duty(msgspec.Struct, frozen=True):
    """A role: its name, whom it is for, and what it may."""

    name: str
    words: str
    may: frozenset[Permission]


ROLES: dict[Role, Duty] = {
    "owner": Duty(N_("Owner"), N_("Everything, the team and its keys included."), frozenset(PERMISSIONS)),
    "marketer": Duty(
        N_("Marketer"),
        N_("Sees people, writes and publishes definitions, sends and imports."),
        frozenset({"own", "figures", "people", "change", "write", "publish", "send", "import"}),
    ),
    "analyst": Duty(
        N_("Analyst"),
        N_("Sees people, figures and exports, and changes nothing."),
        frozenset({"own", "figures", "people", "export"}),
    ),
    "viewer": Duty(N_("Viewer"), N_("Sees figures, nothing of a person."), frozenset({"own", "figures"})),
}
"""The roles, the widest first."""


def may(role: Role, permission: Permission) -> bool:
    """Whether a role covers a permission."""
    return permission in ROLES[role].may


def who_may(permission: Permission) -> tuple[Role, ...]:
    """The roles that cover a permission."""
    return tuple(role for role, duty in ROLES.items() if permission in duty.may)


def role_of(text: str) -> Role:
    """The role of a name. Raises Invalid."""
    for role in get_args(Role):
        if role == text:
            return role  # type: ignore[no-any-return]
    raise Invalid("A role is one of %(known)s.", field="role", known=", ".join(ROLES))
