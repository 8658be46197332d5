"""The condition grammar's door: `parse` a JSON value, `describe` it, list its `references`.

In: JSON values. Out: `Condition`. Always true: a parsed condition can be read live, and as a set query
unless it binds the triggering event or the entry (`references(c).run`); it prints back to the same JSON.
"""

from typing import Any

import msgspec

from slinga.kernel.errors import Invalid
from slinga.segments.checks import check, clean, explain
from slinga.segments.terms import Condition, References, children, leaves, references, to_document
from slinga.segments.words import describe

__all__ = ["Condition", "References", "children", "describe", "leaves", "parse", "references", "to_document"]

# What msgspec knows of a type it gathers on first use, and not safely in two threads at once.
msgspec.json.Decoder(Condition)


def parse(obj: Any, *, path: str = "") -> Condition:
    """The condition of a JSON value.

    Raises Invalid whose `field` is the path to what is wrong, below `path`, and whose message says the
    remedy. Circles among segments are the publisher's to refuse (`model.order_of`).
    """
    clean(obj, path)
    try:
        condition: Condition = msgspec.convert(msgspec.to_builtins(obj), Condition)
    except msgspec.ValidationError as error:
        message, field = explain(str(error))
        joint = "." if path and field and not field.startswith("[") else ""
        raise Invalid(message, field=f"{path}{joint}{field}") from None
    except TypeError:
        raise Invalid("a condition is a JSON object", field=path) from None
    check(condition, path)
    return condition
