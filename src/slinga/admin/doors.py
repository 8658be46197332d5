"""Which permission each route of the desk asks for: the one table, a group for each room.

In: nothing. Out: `DOORS`.
Always true: a route that is not here is refused to everybody, and a test fails; the words behind a permission
and the roles that have it are in `slinga.access.roles`.
"""

from slinga.access.roles import Permission

DOORS: dict[tuple[str, str], Permission] = {
    # home
    ("GET", "/admin"): "figures",
    ("GET", "/admin/live"): "figures",
    # lifecycle
    ("GET", "/admin/lifecycle"): "figures",
    ("GET", "/admin/lifecycle/flows"): "figures",
    ("GET", "/admin/lifecycle/people"): "people",
    ("POST", "/admin/lifecycle/segment"): "write",
    # map
    ("GET", "/admin/map"): "figures",
    ("GET", "/admin/map/ways"): "figures",
    ("GET", "/admin/map/touchpoints/new"): "write",
    ("POST", "/admin/map/touchpoints/new"): "write",
    ("GET", "/admin/map/touchpoints/{number}"): "write",
    ("POST", "/admin/map/touchpoints/{number}"): "write",
    ("POST", "/admin/map/touchpoints/{number}/remove"): "write",
    ("GET", "/admin/map/personas/new"): "write",
    ("POST", "/admin/map/personas/new"): "write",
    ("GET", "/admin/map/personas/{number}"): "write",
    ("POST", "/admin/map/personas/{number}"): "write",
    ("POST", "/admin/map/personas/{number}/remove"): "write",
    # people
    ("GET", "/admin/people"): "people",
    ("GET", "/admin/people/{key}"): "people",
    ("GET", "/admin/people/{key}/why"): "people",
    ("GET", "/admin/people/{key}/messages/{id}"): "people",
    ("GET", "/admin/people/{key}/messages/{id}/html"): "people",
    ("POST", "/admin/people/{key}/act"): "change",
    ("POST", "/admin/people/{key}/export"): "erase",
    ("POST", "/admin/people/{key}/erase"): "erase",
    # segments
    ("GET", "/admin/segments"): "figures",
    ("GET", "/admin/segments/{key}"): "figures",
    ("GET", "/admin/segments/{key}/people"): "people",
    ("GET", "/admin/segments/{key}/edit"): "write",
    ("POST", "/admin/segments/{key}/edit"): "write",
    ("POST", "/admin/segments/{key}/discard"): "write",
    ("POST", "/admin/segments/{key}/retire"): "publish",
    ("POST", "/admin/segments/{key}/restore/{version}"): "write",
    ("POST", "/admin/segments/{key}/sample"): "people",
    ("POST", "/admin/segments/{key}/reach"): "figures",
    ("POST", "/admin/conditions/builder"): "write",
    ("POST", "/admin/conditions/size"): "figures",
    # journeys
    ("GET", "/admin/journeys"): "figures",
    ("GET", "/admin/journeys/new"): "write",
    ("POST", "/admin/journeys/new"): "write",
    ("POST", "/admin/journeys/{key}/copy"): "write",
    ("POST", "/admin/journeys/{key}/discard"): "write",
    ("POST", "/admin/journeys/{key}/retire"): "publish",
    ("GET", "/admin/journeys/{key}"): "figures",
    ("GET", "/admin/journeys/{key}/canvas"): "figures",
    ("POST", "/admin/journeys/{key}/check"): "write",
    ("POST", "/admin/journeys/{key}/save"): "write",
    ("POST", "/admin/journeys/{key}/preview"): "people",
    ("GET", "/admin/journeys/{key}/people"): "people",
    ("GET", "/admin/journeys/{key}/outline"): "figures",
    ("POST", "/admin/journeys/{key}/outline"): "write",
    ("GET", "/admin/journeys/{key}/rehearsals"): "figures",
    ("POST", "/admin/journeys/{key}/rehearsals"): "write",
    ("GET", "/admin/journeys/{key}/publish"): "figures",
    ("POST", "/admin/journeys/{key}/publish"): "publish",
    ("GET", "/admin/journeys/{key}/versions"): "figures",
    ("POST", "/admin/journeys/{key}/versions"): "write",
    # templates
    ("GET", "/admin/pictures"): "figures",
    ("POST", "/admin/pictures"): "write",
    ("POST", "/admin/pictures/{name}/hide"): "write",
    ("GET", "/admin/brand"): "figures",
    ("POST", "/admin/brand"): "write",
    ("POST", "/admin/brand/publish"): "publish",
    ("GET", "/admin/brand/frame"): "figures",
    ("GET", "/admin/templates"): "figures",
    ("GET", "/admin/templates/new"): "write",
    ("POST", "/admin/templates/new"): "write",
    ("GET", "/admin/templates/new/html"): "write",
    ("POST", "/admin/templates/new/html"): "write",
    ("GET", "/admin/templates/{key}"): "figures",
    ("POST", "/admin/templates/{key}/blocks"): "write",
    ("GET", "/admin/templates/{key}/blocks/{name}"): "figures",
    ("POST", "/admin/templates/{key}/blocks/{name}"): "write",
    ("POST", "/admin/templates/{key}/source"): "write",
    ("POST", "/admin/templates/{key}/short"): "write",
    ("POST", "/admin/templates/{key}/save"): "write",
    ("GET", "/admin/templates/{key}/settings"): "figures",
    ("POST", "/admin/templates/{key}/settings"): "write",
    ("GET", "/admin/templates/{key}/languages"): "figures",
    ("POST", "/admin/templates/{key}/languages"): "write",
    ("GET", "/admin/templates/{key}/source"): "figures",
    ("GET", "/admin/templates/{key}/preview"): "figures",
    ("GET", "/admin/templates/{key}/frame"): "figures",
    ("POST", "/admin/templates/{key}/test"): "send",
    ("GET", "/admin/templates/{key}/review"): "figures",
    ("POST", "/admin/templates/{key}/publish"): "publish",
    ("GET", "/admin/templates/{key}/versions"): "figures",
    ("POST", "/admin/templates/{key}/versions"): "write",
    ("POST", "/admin/templates/{key}/retire"): "publish",
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
    ("GET", "/admin/me"): "own",
    ("POST", "/admin/me"): "own",
    ("POST", "/admin/me/password"): "own",
    ("POST", "/admin/me/sign-out-everywhere"): "own",
    ("GET", "/admin/team"): "team",
    ("POST", "/admin/team/invitations"): "team",
    ("POST", "/admin/team/invitations/{invitation}/withdraw"): "team",
    ("POST", "/admin/team/members/{number}/role"): "team",
    ("POST", "/admin/team/members/{number}/disable"): "team",
    ("POST", "/admin/team/members/{number}/enable"): "team",
    ("POST", "/admin/team/members/{number}/address"): "team",
    ("GET", "/admin/team/keys"): "team",
    ("POST", "/admin/team/keys"): "team",
    ("POST", "/admin/team/keys/{number}/withdraw"): "team",
    ("POST", "/admin/team/identity-keys"): "team",
    ("POST", "/admin/team/identity-keys/{number}/withdraw"): "team",
    ("GET", "/admin/team/audit"): "team",
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
