"""Which scope a key needs for each route: the one table.

In: nothing. Out: `SCOPE_OF`.
Always true: a route that is not here is refused to everybody, and a test fails.
"""

P = "/api/v1"

SCOPE_OF: dict[tuple[str, str], str] = {
    ("GET", f"{P}/people"): "people:read",
    ("GET", f"{P}/people/{{person}}"): "people:read",
    ("GET", f"{P}/people/{{person}}/timeline"): "people:read",
    ("GET", f"{P}/people/{{person}}/consents"): "people:read",
    ("GET", f"{P}/people/{{person}}/messages"): "people:read",
    ("GET", f"{P}/people/{{person}}/things"): "people:read",
    ("POST", f"{P}/people/{{person}}/events"): "people:write",
    ("PATCH", f"{P}/people/{{person}}/traits"): "people:write",
    ("PUT", f"{P}/people/{{person}}/tags/{{tag}}"): "people:write",
    ("DELETE", f"{P}/people/{{person}}/tags/{{tag}}"): "people:write",
    ("POST", f"{P}/people/{{person}}/consents"): "people:write",
    ("PUT", f"{P}/people/{{person}}/stage"): "people:write",
    ("PUT", f"{P}/people/{{person}}/journeys/{{key}}"): "people:write",
    ("DELETE", f"{P}/people/{{person}}/journeys/{{key}}"): "people:write",
    ("PUT", f"{P}/people/{{person}}/suppression"): "people:write",
    ("DELETE", f"{P}/people/{{person}}/suppression"): "people:write",
    ("POST", f"{P}/people/{{person}}/merge"): "people:write",
    ("PUT", f"{P}/people/{{person}}/things/{{type}}/{{id}}"): "people:write",
    ("DELETE", f"{P}/people/{{person}}/things/{{type}}/{{id}}"): "people:write",
    ("GET", f"{P}/people/{{person}}/export"): "people:export",
    ("POST", f"{P}/people/{{person}}/erase"): "people:erase",
    ("POST", f"{P}/people/{{person}}/readmit"): "people:erase",
    ("GET", f"{P}/erasures"): "people:erase",
    ("GET", f"{P}/things"): "people:read",
    ("GET", f"{P}/counts/stages"): "people:read",
    ("GET", f"{P}/counts/segments"): "people:read",
    ("POST", f"{P}/counts/preview"): "people:read",
    ("GET", f"{P}/definitions"): "definitions:read",
    ("GET", f"{P}/definitions/{{kind}}/{{key}}"): "definitions:read",
    ("GET", f"{P}/definitions/{{kind}}/{{key}}/versions"): "definitions:read",
    ("POST", f"{P}/definitions/validate"): "definitions:read",
    ("POST", f"{P}/definitions/diff"): "definitions:read",
    ("POST", f"{P}/definitions/publish"): "definitions:publish",
    ("DELETE", f"{P}/definitions/{{kind}}/{{key}}"): "definitions:publish",
    ("POST", f"{P}/journeys/{{key}}/entries"): "people:write",
    ("POST", f"{P}/messages"): "messages:send",
    ("GET", f"{P}/messages/{{message}}"): "messages:send",
    ("GET", f"{P}/marketing"): "marketing:switch",
    ("POST", f"{P}/marketing/stop"): "marketing:switch",
    ("POST", f"{P}/marketing/resume"): "marketing:switch",
    ("GET", f"{P}/keys"): "keys:manage",
    ("POST", f"{P}/keys"): "keys:manage",
    ("DELETE", f"{P}/keys/{{number}}"): "keys:manage",
    ("GET", f"{P}/audit"): "keys:manage",
}
"""The scope of each route, by method and path."""
