"""A parsed text as one flat Python function: what most mails need, without walking over nodes.

In: a parsed and folded text. Out: a function from data to pieces; None where it uses what is rare.
Always true: it gives what the walk gives, or raises anything and the walk is asked; so every failure, with
its reason and line, is the walk's. Its limits are upper bounds of the walk's: what passes here passes there.
"""

import html
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from liquid import Markup, escape
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions import logical as say
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.primitive import (
    Blank,
    Empty,
    FalseLiteral,
    FloatLiteral,
    IntegerLiteral,
    Nil,
    StringLiteral,
    TrueLiteral,
)
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.doc_tag import DocNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.stringify import to_liquid_string

from slinga.messages.liquid import MOST_OUTPUT, MOST_WORK, PlainNode, Template
from slinga.messages.markup import AddressNode, PixelNode
from slinga.messages.pieces import Constant

MOST_ROUNDS = 100
"""Rounds of one loop, of which at most two lie in each other; longer ones are walked."""
DEEPEST = 15
"""Blocks in each other."""
_LITERALS = (IntegerLiteral, FloatLiteral, TrueLiteral, FalseLiteral, Nil)
_MAGIC = frozenset(("size", "first", "last"))

# The language's own comparisons: which, whether its sides change places, wants a token, is negated.
_COMPARED: dict[type, tuple[Callable[..., Any], bool, bool, bool]] = {
    say.EqExpression: (say._eq, False, False, False),
    say.NeExpression: (say._eq, False, False, True),
    say.LtExpression: (say._lt, False, True, False),
    say.GtExpression: (say._lt, True, True, False),
    say.LeExpression: (say._le, False, False, False),
    say.GeExpression: (say._le, True, False, False),
    say.ContainsExpression: (say._contains, False, True, False),
}

Flat = Callable[[Mapping[str, Any], Mapping[str, Any], Callable[[], Any]], list[str]]
"""Data, slots, and what makes the walk's context, for filters. Raises whatever data make it raise."""


class Unusual(Exception):
    """The walk has to see to this."""


class _NotFlat(Exception):
    """The text has something in it that is only walked."""


def flatten(template: Template) -> Flat | None:
    """The function of a text."""
    try:
        return _Code(template).function()
    except (_NotFlat, SyntaxError, RecursionError, MemoryError):
        return None


def _maybe(start: Any, segments: tuple[str, ...]) -> Any:
    """What a test sees of a path: None, which is as false as undefined, where there is nothing."""
    found = start
    for segment in segments:
        if type(found) is not dict:
            raise Unusual
        if segment not in found:
            if segment in _MAGIC:
                raise Unusual
            return None
        found = found[segment]
    return found


def _listed(found: Any) -> list[Any]:
    if type(found) is not list or len(found) > MOST_ROUNDS:
        raise Unusual
    return found


@lru_cache(maxsize=1024)
def _address(node: AddressNode, written: str, base: str, escapes: bool) -> str:
    """The address of a link or an image; the mails of a blast share most of theirs."""
    address = node.absolute(written, base, escapes=escapes)
    if len(address) > MOST_OUTPUT // 100 or not node.pattern.fullmatch(address):
        raise Unusual
    return address


class _Code:
    """Writes the function. Names of the text never become names of the code."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._escapes = bool(template.env.autoescape)
        self._lines: list[str] = []
        self._known: dict[str, Any] = {
            "_address": _address,
            "_listed": _listed,
            "_maybe": _maybe,
            "escape": escape,
            "quote": html.escape,
            "text": to_liquid_string,
            "truthy": say.is_truthy,
            "Unusual": Unusual,
        }
        self._loops: dict[str, str] = {}
        self._looks = 0
        self._filters = False

    def function(self) -> Flat:
        """The compiled function."""
        self._nodes(self._template.nodes, 1)
        weight = getattr(self._template, "weight", 1) + self._looks
        head = ["def flat(data, slots, context):", "    out = []", "    add = out.append", "    work = 0"]
        if self._filters:
            head.append("    made = context()")
        tail = [f"    if work + {weight}{' + made.work' if self._filters else ''} > {MOST_WORK}:"]
        tail += ["        raise Unusual", "    return out"]
        lines = [line.replace("$WEIGHT", str(weight)) for line in self._lines]
        exec("\n".join([*head, *lines, *tail]), self._known)
        made: Flat = self._known["flat"]
        return made

    def _name(self, value: Any) -> str:
        name = f"k{len(self._known)}"
        self._known[name] = value
        return name

    def _line(self, depth: int, text: str) -> None:
        self._lines.append("    " * depth + text)

    def _nodes(self, nodes: list[Node], depth: int) -> None:
        if depth > DEEPEST:
            raise _NotFlat
        before = len(self._lines)
        for node in nodes:
            self._node(node, depth)
        if len(self._lines) == before:
            self._line(depth, "pass")

    def _block(self, block: BlockNode, depth: int) -> None:
        if not isinstance(block, BlockNode):
            raise _NotFlat
        if block.blank:
            if not all(isinstance(node, ContentNode | CommentNode) for node in block.nodes):
                raise _NotFlat
            self._line(depth, "pass")
            return
        self._nodes(block.nodes, depth)

    def _node(self, node: Node, depth: int) -> None:
        if isinstance(node, ContentNode):
            text = node.text if type(node.text) is Constant else Constant(node.text)
            if text:
                self._line(depth, f"add({self._name(text)})")
        elif isinstance(node, CommentNode | DocNode):
            return
        elif isinstance(node, AddressNode):
            self._link(node, depth)
        elif isinstance(node, PixelNode):
            self._pixel(depth)
        elif isinstance(node, IfNode | UnlessNode):
            self._branch(node, depth)
        elif isinstance(node, ForNode):
            self._loop(node, depth)
        elif isinstance(node, OutputNode):
            self._output(node, depth)
        else:
            raise _NotFlat

    def _output(self, node: OutputNode, depth: int) -> None:
        expression = node.expression
        if type(expression) is not FilteredExpression:
            raise _NotFlat
        self._line(depth, f"v = {self._value(expression.left)}")
        for each in expression.filters or ():
            self._filters = True
            given = []
            for argument in each.args:
                if type(argument) is not PositionalArgument:
                    raise _NotFlat
                given.append(self._value(argument.value))
            inner = self._template.env.filters[each.name]
            self._line(depth, f"v = {self._name(inner)}({', '.join(['v', *given])}, context=made)")
        plain = "str(escape(v))" if self._escapes else "v"
        self._line(depth, f"add({plain} if type(v) is str else text(v, {self._escapes}))")

    def _value(self, expression: Any) -> str:
        """Code for a value as printed, filtered or compared; nothing there is unusual."""
        if type(expression) is Path:
            start, rest = self._path(expression.path)
            return start + "".join(f"[{segment!r}]" for segment in rest)
        if isinstance(expression, StringLiteral):
            return self._name(Markup(expression.value) if self._escapes else expression.value)
        if isinstance(expression, Empty | Blank):
            return self._name(expression)
        if isinstance(expression, _LITERALS):
            return self._name(expression.evaluate(None))  # type: ignore[arg-type]
        raise _NotFlat

    def _path(self, path: list[Any]) -> tuple[str, tuple[str, ...]]:
        """Where a path begins, in code, and its further segments."""
        if not all(type(segment) is str for segment in path):
            raise _NotFlat
        self._looks += 1
        first, *rest = path
        if first in self._loops:
            return self._loops[first], tuple(rest)
        if first in ("forloop", "tablerowloop"):
            raise _NotFlat
        return f"data[{first!r}]", tuple(rest)

    def _test(self, expression: Any) -> str:
        """Code for a condition."""
        if isinstance(expression, say.BooleanExpression):
            return self._test(expression.expression)
        if isinstance(expression, say.LogicalNotExpression):
            return f"(not {self._test(expression.right)})"
        for kind, word in ((say.LogicalAndExpression, "and"), (say.LogicalOrExpression, "or")):
            if isinstance(expression, kind):
                return f"({self._test(expression.left)} {word} {self._test(expression.right)})"
        if type(expression) is Path:
            start, rest = self._path(expression.path)
            if start.startswith("data["):
                start, rest = "data", (str(expression.path[0]), *rest)
            return f"truthy(_maybe({start}, {rest!r}))"
        return self._comparison(expression)

    def _comparison(self, expression: Any) -> str:
        kind = type(expression)
        if kind not in _COMPARED:
            raise _NotFlat
        compare, swapped, wants_token, negated = _COMPARED[kind]
        given = [self._value(expression.left), self._value(expression.right)]
        if swapped:
            given.reverse()
        if wants_token:
            given.insert(0, self._name(expression.token))
        return f"({'not ' if negated else ''}{self._name(compare)}({', '.join(given)}))"

    def _branch(self, node: Any, depth: int) -> None:
        test = self._test(node.condition)
        self._line(depth, f"if {'not ' if isinstance(node, UnlessNode) else ''}{test}:")
        self._block(node.consequence, depth + 1)
        for other in node.alternatives:
            self._line(depth, f"elif {self._test(other.expression)}:")
            self._block(other.block, depth + 1)
        if node.default is not None:
            self._line(depth, "else:")
            self._block(node.default, depth + 1)

    def _loop(self, node: ForNode, depth: int) -> None:
        asked = node.expression
        limit = asked.limit
        if len(self._loops) == 2 or asked.offset is not None or asked.reversed or asked.cols is not None:
            raise _NotFlat
        if limit is not None and (type(limit) is not IntegerLiteral or limit.value < 1):
            raise _NotFlat
        number = len(self._known)
        cut = f"[:{limit.value}]" if limit is not None else ""
        self._line(depth, f"l{number} = _listed({self._value(asked.iterable)}){cut}")
        self._line(depth, f"work += len(l{number}) * $WEIGHT")
        self._known[f"loop{number}"] = None
        outer = dict(self._loops)
        if node.block.blank:
            raise _NotFlat
        self._line(depth, f"for i{number} in l{number}:")
        self._loops[asked.identifier] = f"i{number}"
        self._block(node.block, depth + 1)
        self._loops = outer
        if node.default is not None:
            self._line(depth, f"if not l{number}:")
            self._block(node.default, depth + 1)

    def _link(self, node: AddressNode, depth: int) -> None:
        if node.ready is not None:
            self._line(depth, f"v = {node.ready!r}")
        else:
            parts = []
            for each in node.block.nodes:
                if isinstance(each, ContentNode):
                    parts.append(repr(str(each.text)))
                elif isinstance(each, PlainNode):
                    parts.append(self._printed(each))
                else:
                    raise _NotFlat
            written = f"''.join(({', '.join(parts)},))" if parts else "''"
            base = "slots.get('base', '')"
            self._line(
                depth,
                f"v = _address({self._name(node)}, {written}, {base}, {self._escapes})",
            )
        if node.number is not None:
            self._line(depth, "if 'link' in slots:")
            self._line(depth + 1, f"v = slots['link']({node.number}, v)")
        self._line(depth, f"add({'quote(v)' if self._escapes else 'v'})")

    def _printed(self, node: PlainNode) -> str:
        start, rest = self._path(node.path)
        return f"text({start + ''.join(f'[{segment!r}]' for segment in rest)}, {self._escapes})"

    def _pixel(self, depth: int) -> None:
        style = 'width="1" height="1" style="display:block;width:1px;height:1px;border:0"'
        self._line(depth, "v = slots.get('pixel', '')")
        self._line(depth, "if v:")
        end = f'" alt="" role="presentation" {style}>'
        self._line(depth + 1, f"add({self._name(Constant('<img src=' + chr(34)))})")
        self._line(depth + 1, "add(quote(v))")
        self._line(depth + 1, f"add({self._name(Constant(end))})")
