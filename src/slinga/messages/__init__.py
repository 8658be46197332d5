"""Act, first step: what a message is, whether it may go, and what exactly goes.

In: template documents, intents from journeys, permissions from people. Out: permit, deferral or refusal;
rendered messages; bytes of a mail.
Always true: pure throughout; data is never read as a template; a failed render is data, never half a mail;
each intent ends in exactly one answer with a reason.
"""

from slinga.messages.model import Intent, Template
from slinga.messages.policy import Decision, Defer, Permit, Policy, Reason, Refuse, Suppression
from slinga.messages.sends import Sends

__all__ = [
    "Decision",
    "Defer",
    "Intent",
    "Permit",
    "Policy",
    "Reason",
    "Refuse",
    "Sends",
    "Suppression",
    "Template",
]
