"""The sections of the desk in their order.

In: nothing. Out: `SECTIONS`.
Always true: pure; each section's address is the `part` of its pages.
"""

import msgspec

from slinga.access.roles import Permission
from slinga.admin.shell.words import noted as N_


class Section(msgspec.Struct, frozen=True):
    """A place to go: its address, its name, its icon and the permission it needs."""

    address: str
    name: str
    icon: str
    needs: Permission = "figures"


SECTIONS: tuple[tuple[str, tuple[Section, ...]], ...] = (
    (
        "",
        (
            Section("/admin", N_("Home"), "home"),
            Section("/admin/lifecycle", N_("Lifecycle"), "timeline"),
            Section("/admin/map", N_("Map"), "map-2"),
        ),
    ),
    (
        N_("People"),
        (
            Section("/admin/people", N_("People"), "users", "people"),
            Section("/admin/segments", N_("Segments"), "filter"),
        ),
    ),
    (
        N_("Communication"),
        (
            Section("/admin/journeys", N_("Journeys"), "route"),
            Section("/admin/broadcasts", N_("Broadcasts"), "broadcast"),
            Section("/admin/calendar", N_("Calendar"), "calendar"),
            Section("/admin/templates", N_("Templates"), "template"),
        ),
    ),
    (
        N_("Results"),
        (
            Section("/admin/reports", N_("Reports"), "chart-bar"),
            Section("/admin/deliveries", N_("Deliveries"), "send", "people"),
        ),
    ),
    (
        N_("Data and settings"),
        (
            Section("/admin/imports", N_("Imports"), "file-import", "import"),
            Section("/admin/sources", N_("Sources"), "plug", "people"),
            Section("/admin/settings/rules", N_("Settings"), "settings"),
            Section("/admin/team", N_("Team"), "users-group", "team"),
            Section("/admin/marketing", N_("Stop switch"), "hand-stop"),
            Section("/dev/mail", N_("Mailbox"), "inbox", "people"),
        ),
    ),
)
"""Groups of sections, each with its heading (empty for the first)."""
