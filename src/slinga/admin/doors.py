"""Which permission each route of the desk asks for: the one table, a group for each room.

In: nothing. Out: `DOORS`.
Always true: a route that is not here is refused to everybody, and a test fails; the words behind a permission
and the roles that have it are in `slinga.access.roles`.
"""

from slinga.access.roles import Permission

DOORS: dict[tuple[str, str], Permission] = {
    # home
    ("GET", "/admin"): "figures",
    # lifecycle
    ("GET", "/admin/lifecycle"): "figures",
    # map
    # people
    ("GET", "/admin/people"): "people",
    ("GET", "/admin/people/{key}"): "people",
    # segments
    # journeys
    ("GET", "/admin/journeys"): "figures",
    # templates
    # broadcasts
    # deliveries
    ("GET", "/admin/deliveries"): "people",
    # reports
    # calendar
    # imports
    # sources
    ("GET", "/admin/sources"): "people",
    # settings
    # team
    # mailbox
    ("GET", "/dev/mail"): "people",
    ("GET", "/dev/mail/{number}"): "people",
    ("GET", "/dev/mail/{number}/html"): "people",
    ("GET", "/dev/mail/{number}/raw"): "people",
    # marketing
    ("GET", "/admin/marketing"): "figures",
    ("POST", "/admin/marketing/stop"): "send",
    ("POST", "/admin/marketing/resume"): "send",
}
"""The permission of each route, by method and path."""
