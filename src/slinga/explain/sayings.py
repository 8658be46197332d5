"""Changes that would turn a leaf about what is known of a person: traits, things, consents, places.

In: a leaf and its answer, the scene. Out: proposals; the search replays each before it is believed.
Always true: what is said comes as an input that a server, a form or a member could have sent.
"""

from collections.abc import Callable, Iterator
from typing import Any

from slinga.explain import changes
from slinga.explain.happenings import event
from slinga.explain.model import Added, Change
from slinga.explain.scene import Scene
from slinga.explain.trace import Node, trace
from slinga.explain.values import dates, days_between, distance, fitting, placed
from slinga.segments import terms as g
from slinga.segments.values import order, reader

Ways = Callable[[Node, bool], list[Change]]
"""Proposals for a nested condition: a segment's, or a stage's rule."""

ADDRESSES = {
    "email": ("email", "somebody@example.org"),
    "sms": ("phone", "+46700000000"),
}


def identify(traits: dict[str, Any], identifiers: list[list[str]] | None = None) -> Added:
    """What a server says about a person."""
    return Added("identify", body={"traits": traits, **({"identifiers": identifiers} if identifiers else {})})


def command(name: str, **body: Any) -> Added:
    """What a member of the team asks."""
    return Added("command", name, body)


def consented(channel: str, topic: str, action: str) -> Added:
    """A consent as a form records it."""
    body = {"channel": channel, "topic": topic, "action": action, "basis": "consent", "source": "form"}
    return Added("consent", body=body)


def of_trait(node: Node, leaf: g.Trait, scene: Scene) -> Iterator[Change]:
    """Another value of the trait."""
    first, *rest = leaf.name.split(".")
    root = scene.view.trait(first)
    there = list(reader(rest)(root)) if rest else [root]
    for value in fitting(leaf.cmp, scene.bound(leaf.value), not node.holds, there):
        said = placed(root, rest, value) if rest else value
        text = f"trait {leaf.name} = {_shown(value)}"
        yield changes.say(text, identify({first: said}), amount=distance(there[0] if there else None, value))


def _shown(value: Any) -> str:
    return "not known" if value is None else f"{value}"


def of_date(node: Node, leaf: g.Date, scene: Scene) -> Iterator[Change]:
    """Another date."""
    first, *rest = leaf.name.split(".")
    root = scene.view.trait(first)
    for value in dates(leaf.cmp, leaf.value, not node.holds, scene.now, scene.zone):
        said = placed(root, rest, value) if rest else value
        amount = days_between(value, scene.now, scene.zone)
        yield changes.say(f"trait {leaf.name} = {_shown(value)}", identify({first: said}), amount=amount)


def of_consent(node: Node, leaf: g.Consent, scene: Scene) -> Iterator[Change]:
    """Another permission."""
    about = f"{leaf.channel}/{leaf.topic}" if leaf.topic else leaf.channel
    for action in ("granted", "withdrawn", "denied"):
        if (action == leaf.is_) is not node.holds:
            yield changes.say(f"consent {about} {action}", consented(leaf.channel, leaf.topic, action))
    seqs = [
        item.seq for item in scene.inputs if item.kind == "consent" and _concerns(item.body, leaf.channel)
    ]
    if seqs:
        yield changes.never(f"nothing said about consent to {leaf.channel}", seqs)


def _concerns(body: dict[str, Any], channel: str) -> bool:
    return body.get("channel") in (channel, "*")


def of_reachable(node: Node, leaf: g.Reachable, scene: Scene) -> Iterator[Change]:
    """An address, and nothing against using it."""
    channel = leaf.channel
    if node.holds:
        yield changes.say(f"consent {channel} withdrawn", consented(channel, "", "withdrawn"))
        return
    yield from reachable(channel, scene)


def reachable(channel: str, scene: Scene) -> Iterator[Change]:
    """Ways to become reachable on a channel."""
    trait, example = ADDRESSES.get(channel, (channel, "somebody"))
    if channel == "push":
        body = {"type": "push_subscription", "id": "https://push.example/what-if"}
        address = changes.say("a browser that takes push messages", event("Thing Updated", body))
    else:
        address = changes.say(f"trait {trait} known", identify({trait: example}))
    alive = changes.say(f"the {channel} address alive again", command("revive", channel=channel))
    granted = changes.say(f"consent {channel} granted", consented(channel, "", "granted"))
    dead = channel in scene.person.dead
    for several in ([address], [granted], [alive], [address, granted], [address, alive], [alive, granted]):
        if alive in several and not dead:
            continue
        found = changes.together(several)
        if found is not None:
            yield found


def of_identified(node: Node, leaf: g.Identified, scene: Scene) -> Iterator[Change]:
    """Known by name, or not."""
    if not node.holds:
        yield changes.say("known by an id of the shop", identify({}, [["user", "somebody"]]))
        return
    named = [item.seq for item in scene.inputs if item.kind == "identify" and item.body.get("identifiers")]
    if named:
        yield changes.never("never said who they are", named)


def of_tag(node: Node, leaf: g.Tag, scene: Scene) -> Iterator[Change]:
    """The tag given, or taken away."""
    verb = "untag" if node.holds else "tag"
    text = f"tag {leaf.name} {'taken away' if node.holds else 'given'}"
    yield changes.say(text, command(verb, tag=leaf.name))


def of_place(
    node: Node, leaf: g.Stage | g.Status | g.InStageFor, scene: Scene, ways: Ways
) -> Iterator[Change]:
    """Placed in a stage by a member, or what the stage's own rule asks for."""
    compiled = scene.program.models.get(leaf.model)
    if compiled is None:
        return
    wanted = not node.holds
    here = scene.view.stage(leaf.model)
    for number, stage in enumerate(compiled.model.stages):
        statuses: list[str | None] = [status.key for status in stage.statuses]
        for status in statuses if isinstance(leaf, g.Status) else [None]:
            fits = (status if isinstance(leaf, g.Status) else stage.key) in getattr(leaf, "is_", ())
            if isinstance(leaf, g.InStageFor):
                if wanted or stage.key == here:
                    continue
            elif fits is not wanted:
                continue
            place = {"model": leaf.model, "stage": stage.key, "status": status, "pin": "1y"}
            text = f"placed in {stage.key}{f' as {status}' if status else ''} of {leaf.model}"
            yield changes.place(text, command("set_stage", **place))
            predicate = compiled.predicates.get(f"stages.{number}.enter")
            if predicate is not None and isinstance(leaf, g.Stage) and wanted:
                inner = trace(predicate.condition, scene.view, scene.zone)
                yield from ways(inner, True)


def of_segment(node: Node, leaf: g.InSegment, scene: Scene, ways: Ways) -> Iterator[Change]:
    """What the segment's own condition asks for."""
    predicate = scene.program.segments.get(leaf.key)
    if predicate is not None:
        inner = trace(predicate.condition, scene.view, scene.zone)
        yield from ways(inner, not inner.holds)


def of_score(node: Node, leaf: g.Score, scene: Scene) -> Iterator[Change]:
    """Events that raise or lower the score."""
    compiled = scene.program.scores.get(leaf.name)
    if compiled is None:
        return
    value = int(node.found or compiled.score.start)
    test, goal = order(leaf.cmp), leaf.value
    good = [n for n in (int(goal) + step for step in (-1, 0, 1)) if bool(test(n, goal)) is not node.holds]
    for target in sorted(good, key=lambda n: abs(n - value)):
        for rule in compiled.score.rules:
            if rule.points and (target - value) * rule.points > 0:
                count = -(-abs(target - value) // abs(rule.points))
                if count <= 20:
                    found = event(rule.event, {})
                    many = [Added(found.kind, found.name, {"properties": {"n": n}}) for n in range(count)]
                    yield changes.more(f'{count} more "{rule.event}"', *many, amount=count)


def of_trigger(node: Node, leaf: g.Trigger, scene: Scene) -> Iterator[Change]:
    """Another property of the event that triggered the journey."""
    item, path = scene.item, leaf.path.split(".")
    if item is None or not item.seq or path[0] != "properties":
        return
    there = reader(path)(item.body)
    for value in fitting(leaf.cmp, leaf.value, not node.holds, there):
        body = placed(item.body, path, value)
        added = Added(item.kind, item.name, body, item.occurred_at, item.seq, trust=item.trust)
        text = f'"{item.name}" with {".".join(path[1:])} = {_shown(value)}'
        yield changes.other(text, added, amount=distance(there[0] if there else None, value))


def of_thing(node: Node, leaf: g.Thing, scene: Scene) -> Iterator[Change]:
    """Another thing, other attributes of one, or one that is gone."""
    owned = sorted(scene.view.things(leaf.type), key=lambda thing: (thing["updated_at"], thing["id"]))
    good, bad = _attributes(leaf, scene, True), _attributes(leaf, scene, False)
    name = leaf.type
    if good is not None:
        attributes, own = good
        new = own or "what-if"
        yield changes.say(f"one more {name}{_said(attributes)}", _thing(name, new, attributes))
        for count in (2, 3):
            several = [_thing(name, f"what-if-{n}", attributes) for n in range(count)]
            yield changes.say(f"{count} more {name}{_said(attributes)}", *several, amount=count)
        for thing in reversed(owned):
            text = f"{name} {thing['id']}{_said(attributes)}"
            yield changes.say(text, _thing(name, thing["id"], attributes), amount=1)
        if len(owned) > 1:
            every = [_thing(name, thing["id"], attributes) for thing in owned]
            yield changes.say(f"every {name}{_said(attributes)}", *every, amount=1)
    if bad is not None:
        attributes, own = bad
        yield changes.say(f"one more {name}{_said(attributes)}", _thing(name, own or "what-if", attributes))
        for thing in reversed(owned):
            text = f"{name} {thing['id']}{_said(attributes)}"
            yield changes.say(text, _thing(name, thing["id"], attributes), amount=1)
    gone = [event("Thing Removed", {"type": name, "id": thing["id"]}) for thing in owned]
    for thing, one in zip(owned, gone, strict=True):
        yield changes.say(f"{name} {thing['id']} given up", one, amount=2)
    for count in range(2, len(gone) + 1):
        yield changes.say(f"{count} of {name} given up", *gone[:count], amount=2)


def _thing(kind: str, key: Any, attributes: dict[str, Any]) -> Added:
    return event("Thing Updated", {"type": kind, "id": key, "attributes": attributes})


def _said(attributes: dict[str, Any]) -> str:
    return f" with {', '.join(f'{k} {_shown(v)}' for k, v in attributes.items())}" if attributes else ""


def _attributes(leaf: g.Thing, scene: Scene, wanted: bool) -> tuple[dict[str, Any], str] | None:
    """Attributes with which a thing passes all filters, or fails one; and its own id where that is asked."""
    found: dict[str, Any] = {}
    own = ""
    for each in leaf.where:
        if each.cmp in g.DATE_CMPS:
            values = dates(each.cmp, each.value if isinstance(each.value, str) else None, wanted, scene.now,
                           scene.zone)  # fmt: skip
        else:
            values = fitting(each.cmp, scene.bound(each.value), wanted)
        if not values:
            if wanted:
                return None
            continue
        value = min(values, key=lambda v: v is None)
        if each.attr == "id":
            own = str(value)
        else:
            first, *rest = each.attr.split(".")
            found[first] = placed(found.get(first), rest, value) if rest else value
        if not wanted:
            return found, own
    return (found, own) if wanted else None


OF: dict[type, Callable[[Any, Any, Scene], Iterator[Change]]] = {
    g.Trait: of_trait,
    g.Date: of_date,
    g.Consent: of_consent,
    g.Reachable: of_reachable,
    g.Identified: of_identified,
    g.Tag: of_tag,
    g.Score: of_score,
    g.Trigger: of_trigger,
    g.Thing: of_thing,
}
"""The proposals by kind of leaf, for those that need nothing more."""
