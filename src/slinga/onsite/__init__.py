"""Act, second half: what the visitor's browser and mail program ask of us.

In: requests for our public pages, pixels and links. Out: pages and redirects; consents in the ledger; hits,
judged human or machine, that re-enter the log as events.
Always true: asking (GET) changes no permission, telling (POST) takes effect before the answer; a redirect
goes only where a sealed token says; what a person has not allowed is not recorded.
"""

from slinga.onsite.links import Addressee, Tracking, confirmation, links_for, trap
from slinga.onsite.model import Choice, Sent, Site

__all__ = [
    "Addressee",
    "Choice",
    "Sent",
    "Site",
    "Tracking",
    "confirmation",
    "links_for",
    "trap",
]
