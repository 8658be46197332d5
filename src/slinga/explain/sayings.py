"""Changes that would turn a leaf about what is known of a person: traits, things, consents, places.

In: a leaf and its answer, the scene. Out: proposals; the search replays each before it is believed.
Always true: what is said comes as an input that a server, a form or a member could have sent.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from slinga.explain import changes
from slinga.explain.happenings import event, more_of
from slinga.explain.model import Added, Change
from slinga.explain.scene import Scene
from slinga.explain.trace import Node, trace
from slinga.explain.values import dates, days_between, distance, fitting, placed
from slinga.kernel.words import Words
from slinga.kernel.words import noted as N_
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
        text = trait_text(scene.words, leaf.name, value)
        yield changes.say(text, identify({first: said}), amount=distance(there[0] if there else None, value))


def trait_text(_: Words, name: str, value: Any) -> str:
    """Words for a trait with a value; None: without one."""
    return _("trait %(name)s = %(value)s") % {"name": name, "value": _shown(value, _)}


def _shown(value: Any, _: Words) -> str:
    return _("not known") if value is None else f"{value}"


def of_date(node: Node, leaf: g.Date, scene: Scene) -> Iterator[Change]:
    """Another date."""
    first, *rest = leaf.name.split(".")
    root = scene.view.trait(first)
    for value in dates(leaf.cmp, leaf.value, not node.holds, scene.now, scene.zone):
        said = placed(root, rest, value) if rest else value
        amount = days_between(value, scene.now, scene.zone)
        text = trait_text(scene.words, leaf.name, value)
        yield changes.say(text, identify({first: said}), amount=amount)


CONSENTED = {
    "granted": N_("consent %(about)s granted"),
    "withdrawn": N_("consent %(about)s withdrawn"),
    "denied": N_("consent %(about)s denied"),
}


def consent_text(_: Words, channel: str, topic: str, action: str) -> str:
    """Words for a consent that is granted, withdrawn or denied."""
    return _(CONSENTED[action]) % {"about": f"{channel}/{topic}" if topic else channel}


def of_consent(node: Node, leaf: g.Consent, scene: Scene) -> Iterator[Change]:
    """Another permission."""
    _ = scene.words
    for action in CONSENTED:
        if (action == leaf.is_) is not node.holds:
            text = consent_text(_, leaf.channel, leaf.topic, action)
            yield changes.say(text, consented(leaf.channel, leaf.topic, action))
    seqs = [
        item.seq for item in scene.inputs if item.kind == "consent" and _concerns(item.body, leaf.channel)
    ]
    if seqs:
        text = _("nothing said about consent to %(channel)s") % {"channel": leaf.channel}
        yield changes.never(text, seqs)


def _concerns(body: dict[str, Any], channel: str) -> bool:
    return body.get("channel") in (channel, "*")


def of_reachable(node: Node, leaf: g.Reachable, scene: Scene) -> Iterator[Change]:
    """An address, and nothing against using it."""
    channel = leaf.channel
    if node.holds:
        yield changes.say(
            consent_text(scene.words, channel, "", "withdrawn"), consented(channel, "", "withdrawn")
        )
        return
    yield from reachable(channel, scene)


def revived(_: Words, channel: str) -> Change:
    """An address that is used again after it was given up."""
    text = _("the %(channel)s address alive again") % {"channel": channel}
    return changes.say(text, command("revive", channel=channel))


def reachable(channel: str, scene: Scene) -> Iterator[Change]:
    """Ways to become reachable on a channel."""
    _ = scene.words
    trait, example = ADDRESSES.get(channel, (channel, "somebody"))
    if channel == "push":
        body = {"type": "push_subscription", "id": "https://push.example/what-if"}
        address = changes.say(_("a browser that takes push messages"), event("Thing Updated", body))
    else:
        address = changes.say(_("trait %(name)s known") % {"name": trait}, identify({trait: example}))
    alive = revived(_, channel)
    granted = changes.say(consent_text(_, channel, "", "granted"), consented(channel, "", "granted"))
    dead = channel in scene.person.dead
    for several in ([address], [granted], [alive], [address, granted], [address, alive], [alive, granted]):
        if alive in several and not dead:
            continue
        found = changes.together(several, _)
        if found is not None:
            yield found


def of_identified(node: Node, leaf: g.Identified, scene: Scene) -> Iterator[Change]:
    """Known by name, or not."""
    _ = scene.words
    if not node.holds:
        yield changes.say(_("known by an id of the shop"), identify({}, [["user", "somebody"]]))
        return
    named = [item.seq for item in scene.inputs if item.kind == "identify" and item.body.get("identifiers")]
    if named:
        yield changes.never(_("never said who they are"), named)


def of_tag(node: Node, leaf: g.Tag, scene: Scene) -> Iterator[Change]:
    """The tag given, or taken away."""
    _ = scene.words
    if node.holds:
        yield untagged(_, leaf.name)
        return
    text = _("tag %(name)s given") % {"name": leaf.name}
    yield changes.say(text, command("tag", tag=leaf.name))


def untagged(_: Words, tag: str) -> Change:
    """A tag taken away."""
    return changes.say(_("tag %(name)s taken away") % {"name": tag}, command("untag", tag=tag))


def placing(_: Words, model: str, stage: str, status: str | None, **more: str) -> Change:
    """Somebody of the team puts a person into a stage."""
    text = (
        _("placed in %(stage)s as %(status)s of %(model)s")
        if status
        else _("placed in %(stage)s of %(model)s")
    )
    said = text % {
        "stage": _.called("stage", model, stage),
        "status": _.called("status", model, status or ""),
        "model": _.called("model", model),
    }
    return changes.place(said, command("set_stage", model=model, stage=stage, status=status, **more))


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
            yield placing(scene.words, leaf.model, stage.key, status, pin="1y")
            predicate = compiled.predicates.get(f"stages.{number}.enter")
            if predicate is not None and isinstance(leaf, g.Stage) and wanted:
                inner = trace(predicate.condition, scene.view, scene.zone)
                yield from ways(inner, True)


def of_move(node: Node, leaf: g.Moved, scene: Scene) -> Iterator[Change]:
    """Moved by a member, from where the person stands; that somebody did move cannot be taken back."""
    compiled = scene.program.models.get(leaf.model)
    here = scene.view.stage(leaf.model)
    if compiled is None or here is None or node.holds:
        return
    keys = [stage.key for stage in compiled.model.stages]
    for place in leaf.to or keys:
        stage, _slash, status = (place, "", "") if place in keys else place.partition("/")
        if stage in keys and (stage != here or status):
            yield placing(scene.words, leaf.model, stage, status or None, pin="1y")


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
                    yield changes.more(more_of(scene.words, rule.event, (), count), *many, amount=count)


def of_trigger(node: Node, leaf: g.Trigger, scene: Scene) -> Iterator[Change]:
    """Another property of the event that triggered the journey."""
    _ = scene.words
    item, path = scene.item, leaf.path.split(".")
    if item is None or not item.seq or path[0] != "properties":
        return
    there = reader(path)(item.body)
    for value in fitting(leaf.cmp, leaf.value, not node.holds, there):
        body = placed(item.body, path, value)
        added = Added(item.kind, item.name, body, item.occurred_at, item.seq, trust=item.trust)
        text = _('"%(event)s" with %(name)s = %(value)s') % {
            "event": item.name,
            "name": ".".join(path[1:]),
            "value": _shown(value, scene.words),
        }
        yield changes.other(text, added, amount=distance(there[0] if there else None, value))


def of_thing(node: Node, leaf: g.Thing, scene: Scene) -> Iterator[Change]:
    """Another thing, other attributes of one, or one that is gone."""
    owned = sorted(scene.view.things(leaf.type), key=lambda thing: (thing["updated_at"], thing["id"]))
    good, bad = _attributes(leaf, scene, True), _attributes(leaf, scene, False)
    _, name = scene.words, leaf.type
    if good is not None:
        attributes, own = good
        yield changes.say(_more(_, name, attributes), _thing(name, own or "what-if", attributes))
        for count in (2, 3):
            several = [_thing(name, f"what-if-{n}", attributes) for n in range(count)]
            yield changes.say(_more(_, name, attributes, count), *several, amount=count)
        yield from _changed(_, name, owned, attributes)
        if len(owned) > 1:
            every = [_thing(name, thing["id"], attributes) for thing in owned]
            text = _("every %(thing)s") % {"thing": name} + _said(_, attributes)
            yield changes.say(text, *every, amount=1)
    if bad is not None:
        attributes, own = bad
        yield changes.say(_more(_, name, attributes), _thing(name, own or "what-if", attributes))
        yield from _changed(_, name, owned, attributes)
    gone = [event("Thing Removed", {"type": name, "id": thing["id"]}) for thing in owned]
    for thing, one in zip(owned, gone, strict=True):
        text = _("%(thing)s %(id)s given up") % {"thing": name, "id": thing["id"]}
        yield changes.say(text, one, amount=2)
    for count in range(2, len(gone) + 1):
        text = _("%(count)s of %(thing)s given up") % {"count": count, "thing": name}
        yield changes.say(text, *gone[:count], amount=2)


def _changed(_: Words, kind: str, owned: Iterable[Any], attributes: dict[str, Any]) -> Iterator[Change]:
    """Each thing with other attributes, the newest first."""
    for thing in reversed(list(owned)):
        text = f"{kind} {thing['id']}{_said(_, attributes)}"
        yield changes.say(text, _thing(kind, thing["id"], attributes), amount=1)


def _more(_: Words, kind: str, attributes: dict[str, Any], count: int = 1) -> str:
    text = _("one more %(thing)s") if count == 1 else _("%(count)s more %(thing)s")
    return text % {"count": count, "thing": kind} + _said(_, attributes)


def _thing(kind: str, key: Any, attributes: dict[str, Any]) -> Added:
    return event("Thing Updated", {"type": kind, "id": key, "attributes": attributes})


def _said(_: Words, attributes: dict[str, Any]) -> str:
    if not attributes:
        return ""
    values = ", ".join(f"{name} {_shown(value, _)}" for name, value in attributes.items())
    return " " + _("with %(values)s") % {"values": values}


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
