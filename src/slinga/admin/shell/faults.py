"""How an error is told on a page: which field, what is wrong and what to do, in the reader's language.

In: a language and an error. Out: one sentence.
Always true: pure; a field that has a label on our forms is called by it, any other by its path, and an error
without a field is told alone.
"""

import re

from slinga.kernel.errors import SlingaError
from slinga.kernel.words import Words
from slinga.kernel.words import noted as N_

NAMES = {
    "after": N_("Wait for results"),
    "at": N_("Time"),
    "at_local": N_("Local time"),
    "audience": N_("Audience"),
    "body": N_("Contents"),
    "bounce": N_("Domain for bounces"),
    "caps": N_("Frequency caps"),
    "channel": N_("Channel"),
    "cmp": N_("Comparison"),
    "columns": N_("Columns"),
    "condition": N_("Condition"),
    "contents": N_("Contents"),
    "cooldown": N_("Cooling-off"),
    "days": N_("Days"),
    "description": N_("Description"),
    "domain": N_("Domain"),
    "email": N_("E-mail"),
    "encoding": N_("Encoding"),
    "enter": N_("Who enters"),
    "event": N_("Event"),
    "exit": N_("Exit"),
    "expires": N_("Expiry"),
    "file": N_("File"),
    "goal": N_("Goal"),
    "growth": N_("Growth"),
    "height": N_("Height"),
    "holdout": N_("Holdout"),
    "host": N_("Server"),
    "html": N_("HTML"),
    "id": N_("ID"),
    "key": N_("Key"),
    "last": N_("Length of time"),
    "limit": N_("Number of products"),
    "links": N_("Links"),
    "locale": N_("Language"),
    "mjml": N_("MJML"),
    "name": N_("Name"),
    "of": N_("Conditions"),
    "password": N_("Password"),
    "phone": N_("Phone"),
    "port": N_("Port"),
    "preheader": N_("Preheader"),
    "priority": N_("Priority"),
    "prop": N_("Property"),
    "push": N_("Push"),
    "quiet_hours": N_("Quiet hours"),
    "repeat": N_("Repeat for each"),
    "sample": N_("Sample"),
    "security": N_("Encryption"),
    "share": N_("Share"),
    "show_if": N_("Show only if"),
    "space": N_("Space"),
    "stage": N_("Stage"),
    "stages": N_("Stages"),
    "start": N_("Start"),
    "starts_at": N_("Start"),
    "status": N_("Status"),
    "steps": N_("Steps"),
    "subject": N_("Subject"),
    "tag": N_("Tag"),
    "template": N_("Template"),
    "test": N_("Test"),
    "text": N_("Text"),
    "title": N_("Title"),
    "topic": N_("Topic"),
    "topics": N_("Topics"),
    "user": N_("User name"),
    "value": N_("Value"),
    "warm_up": N_("Warming up"),
    "weekdays": N_("Weekdays"),
    "when": N_("Condition"),
    "width": N_("Width"),
    "zone": N_("Time zone"),
}
"""What the last step of a field's path is called on our forms."""
MISFITS = (
    N_("Expected `%(wanted)s`, got `%(given)s`"),
    N_("Expected `%(wanted)s` >= %(least)s"),
    N_("Expected `%(wanted)s` <= %(most)s"),
    N_("Expected `%(wanted)s` of length >= %(least)s"),
    N_("Expected `%(wanted)s` of length <= %(most)s"),
    N_("Object missing required field `%(name)s`"),
    N_("Object contains unknown field `%(name)s`"),
    N_("Invalid enum value %(value)s"),
    N_("Invalid value %(value)s"),
    N_("expected `%(wanted)s`, got `%(given)s`"),
    N_("object missing required field `%(name)s`"),
)
"""What msgspec says of a document that does not fit, recognised where it is shown."""
_PLACES = re.compile(r"\[(\d+)\]")


def fault_said(say: Words, fault: SlingaError) -> str:
    """An error in a language, with its field before it."""
    text = fault.text.said(say)
    field = called(say, fault.field)
    return f"{field}: {text}" if field else text


def called(say: Words, field: str) -> str:
    """What a field's path, such as contents.0.share, is called: Share (1)."""
    steps = [step for step in _PLACES.sub(r".\1", field).split(".") if step]
    names = [step for step in steps if not step.isdigit()]
    if not names or names[-1] not in NAMES:
        return field
    places = " ".join(str(int(step) + 1) for step in steps if step.isdigit())
    name = say(NAMES[names[-1]])
    return f"{name} ({places})" if places else name
