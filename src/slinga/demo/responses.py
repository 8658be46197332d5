"""How someone of the twin answers a message: the planted effects that every report can be held against.

In: a person and a message. Out: hits on its links, and visits planned in the twin.
Always true: the draws depend only on the seed, the person and the message, never on what else happened;
fatigue grows by one with every message, halves in ten days, and lowers every response.
"""

from slinga.demo.model import Hit, Inhabitant, Life, Mail
from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant
from slinga.kernel.ids import chance

# kind: (opens, clicks of those who open, comes with the offer's code)
KINDS: dict[str, tuple[float, float, str]] = {
    "welcome": (0.62, 0.34, "WELCOME10"),
    "cart": (0.58, 0.40, ""),
    "post": (0.55, 0.16, ""),
    "win": (0.34, 0.24, "COMEBACK10"),
    "replenish": (0.46, 0.30, ""),
    "birthday": (0.60, 0.36, "BIRTHDAY10"),
    "sunset": (0.22, 0.15, ""),
    "push": (0.30, 0.20, ""),
    "other": (0.40, 0.12, ""),
}
ALIASES = {
    "abandoned": "cart",
    "basket": "cart",
    "winback": "win",
    "half": "win",
    "purchase": "post",
    "order": "post",
    "repurchase": "replenish",
    "refill": "replenish",
    "goodbye": "sunset",
}
OPENNESS = {"passer_by": 0.55, "reader": 1.15, "taster": 0.95, "regular": 1.1}
HALVES_IN = 10 * DAY


def kind_of(mail: Mail) -> str:
    """The kind of message by the first word of its journey or template."""
    if mail.channel != "email":
        return "push"
    name = f"{mail.journey} {mail.template}".replace("-", " ").replace("_", " ").lower()
    for word in name.split():
        kind = ALIASES.get(word, word)
        if kind in KINDS:
            return kind
    return "other"


def respond(life: Life, person: Inhabitant, mail: Mail, now: Instant) -> list[Hit]:
    """The hits on one message, at their instants; a click plans a visit."""

    def draw(what: str) -> float:
        return chance(life.seed, person.number, mail.id, what)

    since = max(0, now - person.fatigue_at)
    person.fatigue = person.fatigue * 0.5 ** (since / HALVES_IN) + 1.0
    person.fatigue_at = now
    kind = kind_of(mail)
    opens, clicks, offer = KINDS[kind]
    lapsed = 0 < person.lapses_at <= now
    ease = OPENNESS[person.character] / (1 + 0.12 * (person.fatigue - 1)) * (0.6 if lapsed else 1.0)
    hits: list[Hit] = []
    if person.opens_by_machine and mail.open_url:
        hits.append(
            Hit(now + int((5 + 300 * draw("fetch")) * SECOND), "machine_open", mail.open_url, mail.id)
        )
    if person.behind_scanner:
        at = now + int((1 + 6 * draw("scan")) * SECOND)
        hits += [Hit(at + n * 100_000, "scanner_click", url, mail.id) for n, url in enumerate(mail.links)]
    if draw("open") >= min(0.95, opens * ease):
        return hits
    opened = now + int((4 * MINUTE) + draw("when") ** 2 * 20 * HOUR)
    if mail.open_url:
        hits.append(Hit(opened, "open", mail.open_url, mail.id))
    if mail.unsubscribe_url and draw("enough") < 0.004 + 0.006 * max(0.0, person.fatigue - 3):
        person.unsubscribed_at = opened + MINUTE
        hits.append(Hit(opened + MINUTE, "unsubscribe", mail.unsubscribe_url, mail.id))
        return hits
    if draw("click") < clicks * ease and (mail.links or mail.channel != "email"):
        clicked = opened + int((20 + 100 * draw("read")) * SECOND)
        if mail.links:
            hits.append(Hit(clicked, "click", mail.links[int(draw("which") ** 2 * len(mail.links))], mail.id))
        campaign = mail.journey or mail.template or "letter"
        life.schedule(clicked + 5 * SECOND, "visit", person, reason="mail", campaign=campaign, offer=offer)
    return hits
