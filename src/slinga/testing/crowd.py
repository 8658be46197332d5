"""Many people at once, in a world.

In: a world and names. Out: the same as the world's own verbs, in one go.
Always true: what is done for many is done as it would be for one; only the settling comes after all.
"""

from collections.abc import Iterable

from slinga.kernel.ids import person_key
from slinga.people.log import Consent, record
from slinga.testing.world import World


def known(world: World, people: Iterable[str]) -> None:
    """People the shop knows, reachable by e-mail with their permission, as `World.known`."""
    names = list(people)
    for who in names:
        traits = {"email": f"{who}@example.org", "firstName": who.title()}
        world.call("identify", {"userId": who, "traits": traits}, settle=False)
    permit(world, names)


def permit(world: World, people: Iterable[str], channel: str = "email") -> None:
    """People allow a channel, as a form of the shop records it."""
    entries = [Consent(person_key("user", who), channel, "", "granted", source="form") for who in people]
    with world.db.transaction():
        record(world.db, entries)
    world.settle()
