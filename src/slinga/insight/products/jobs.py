"""Recommendations in messages about to be planned: what others buy most of late, and the person has not got.

In: intents, inside the transaction that decided on them. Out: the same intents, their lists filled.
Always true: who asks for no recommendations costs nothing; the list is stored with the message, so it is
shown, explained and rendered again as it was sent; the same log gives the same list.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from slinga.insight.products import store
from slinga.insight.products.ranks import chosen, id_of
from slinga.messages.model import RECOMMENDATIONS, Intent
from slinga.runtime.db import Db

MOST, LOOKED_AT = 12, 100
"""Products in a list, and those among which they are chosen."""
ORDERS = 200
"""Orders of one person that are looked at, the newest."""


def filled(db: Db, intents: Sequence[Intent]) -> Sequence[Intent]:
    """The intents, those whose template asks for recommendations with their list."""
    asking = [one.person for one in intents if _asks(one)]
    if not asking:
        return intents
    ranked = store.ranked(db, LOOKED_AT)
    owned: dict[str, set[str]] = {}
    for person, products in store.owned(db, set(asking), ORDERS):
        owned.setdefault(person, set()).update(_ids(products))
    return [_with(one, ranked, owned.get(one.person, set())) if _asks(one) else one for one in intents]


def present(db: Db, person: str = "") -> list[dict[str, Any]]:
    """What would be recommended now, to somebody or to anybody."""
    owned: set[str] = set()
    for _, products in store.owned(db, [person], ORDERS) if person else ():
        owned |= _ids(products)
    return chosen(store.ranked(db, LOOKED_AT), owned, MOST)


def _asks(intent: Intent) -> bool:
    return RECOMMENDATIONS in intent.variables and intent.variables[RECOMMENDATIONS] is None


def _with(intent: Intent, ranked: list[tuple[str, dict[str, Any]]], owned: set[str]) -> Intent:
    """With its list; where there is nothing to recommend the template's own default stands."""
    found = chosen(ranked, owned | _ids(_told(intent)), MOST)
    if not found:
        return intent
    return msgspec.structs.replace(intent, variables={**intent.variables, RECOMMENDATIONS: found})


def _told(intent: Intent) -> Any:
    """What started it is about these already, such as the products of a cart."""
    trigger = intent.variables.get("trigger")
    properties = trigger.get("properties") if isinstance(trigger, dict) else None
    if not isinstance(properties, dict):
        return None
    products = properties.get("products")
    return [properties, *(products if isinstance(products, list) else ())]


def _ids(products: Any) -> set[str]:
    lines: Iterable[Any] = products if isinstance(products, list) else ()
    return {key for line in lines if isinstance(line, dict) and (key := id_of(line))}
