"""What a template says to everybody alike is worked out when it is compiled.

In: a parsed text and values known by then, such as the brand's. Out: the same text with those values in place
and neighbouring constants joined. Always true: it renders to what it would have rendered to; a name that the
text itself assigns is left alone; an address that is refused is refused when rendering, as ever.
"""

import re
from collections.abc import Mapping
from typing import Any

from liquid import escape
from liquid.ast import BlockNode, Node

from slinga.messages.liquid import ConstantNode, PlainNode, Template
from slinga.messages.markup import AddressNode

Known = Mapping[str, Mapping[str, str]]
_ASSIGNED = re.compile(r"\{%-?\s*(?:assign|capture|for|tablerow|increment|decrement|liquid)\s+(\w+)")


class Swift(BlockNode):
    """A block without the look at disabled tags, of which there are none."""

    __slots__ = ()

    def render(self, context: Any, buffer: Any) -> int:
        """Its nodes in order; what is only blank is left out, as ever."""
        if self.blank:
            return super().render_to_output(context, buffer)
        total = 0
        for node in self.nodes:
            total += node.render(context, buffer)
        return total


def fold(template: Template, source: str, known: Known, base: str) -> None:
    """Fold in place. `base` is what relative addresses begin with."""
    own = set(_ASSIGNED.findall(source))
    folder = _Folder({name: values for name, values in known.items() if name not in own}, base, template)
    template.nodes[:] = folder.nodes(template.nodes)


class _Folder:
    def __init__(self, known: Known, base: str, template: Template) -> None:
        self._known = known
        self._base = base
        self._escapes = bool(template.env.autoescape)

    def nodes(self, nodes: list[Node]) -> list[Node]:
        out: list[Node] = []
        for node in nodes:
            done = self._node(node)
            before = out[-1] if out else None
            if isinstance(done, ConstantNode) and isinstance(before, ConstantNode):
                out[-1] = ConstantNode(before.token, before.text + done.text)
            else:
                out.append(done)
        return out

    def _node(self, node: Node) -> Node:
        if isinstance(node, PlainNode):
            return self._plain(node)
        for name in (name for kind in type(node).__mro__ for name in getattr(kind, "__slots__", ())):
            value = getattr(node, name, None)
            if type(value) is BlockNode:
                setattr(node, name, self._block(value))
            elif isinstance(value, list) and value and all(isinstance(each, Node) for each in value):
                setattr(
                    node, name, [self._block(n) if type(n) is BlockNode else self._node(n) for n in value]
                )
        if isinstance(node, AddressNode):
            return self._address(node)
        return node

    def _block(self, block: BlockNode) -> BlockNode:
        done = Swift(block.token, self.nodes(block.nodes))
        done.blank = block.blank
        return done

    def _plain(self, node: PlainNode) -> Node:
        values = self._known.get(node.path[0]) if len(node.path) == 2 else None
        value = values.get(node.path[1]) if values is not None else None
        if value is None:
            return node
        return ConstantNode(node.token, str(escape(value)) if self._escapes else value)

    def _address(self, node: AddressNode) -> Node:
        texts = [each.text for each in node.block.nodes if isinstance(each, ConstantNode)]
        if len(texts) == len(node.block.nodes):
            node.settle("".join(texts), self._base, escapes=self._escapes)
        if node.ready is not None and node.number is None:
            return ConstantNode(node.token, str(escape(node.ready)) if self._escapes else node.ready)
        return node
