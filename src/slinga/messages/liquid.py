"""Liquid, fenced in: environments, limits and failures as data.

In: template text and plain data. Out: text, or `RenderFailed`.
Always true: no file, clock, setting or other person is in reach; data is never read as a template; work,
loops, output and memory are bounded by counting, so that the same render fails everywhere or nowhere;
printing an undefined variable is a failure, testing one is false.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import liquid
import msgspec
from liquid import escape
from liquid.builtin.content import ContentNode, Literal
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, OutputStreamLimitError, ResourceLimitError, UndefinedError
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate

from slinga.kernel.clock import Instant, to_datetime
from slinga.kernel.errors import Invalid
from slinga.messages.money import money
from slinga.messages.pieces import Constant

MOST_SOURCE = 1_000_000
"""Characters of template text, at most."""
MOST_WORK = 500_000
"""Units of work per render: look-ups, and the sizes of what filters are given."""
MOST_TEXT = 200_000
"""Characters or items that one filter may be given."""
MOST_OUTPUT = 1_000_000
"""Characters of output, and bytes of the values a template may assign."""


class RenderFailed(msgspec.Struct, frozen=True, tag="render_failed", omit_defaults=True):
    """A template that could not be rendered: why, in which part ("subject", "html") and on which line."""

    reason: str
    line: int = 0
    part: str = ""


class Buffer:
    """Where output goes, in pieces. Unlike the library's own it leaves carriage returns alone."""

    __slots__ = ("parts", "room")

    def __init__(self, room: int) -> None:
        self.parts: list[str] = []
        self.room = room

    def write(self, text: str) -> int:
        """Add a piece; its length."""
        size = len(text)
        self.room -= size
        if self.room < 0:
            raise OutputStreamLimitError("the message is too long", token=None)
        self.parts.append(text)
        return size

    def getvalue(self) -> str:
        """All of it."""
        return "".join(self.parts)


class Context(liquid.RenderContext):
    """A render's state, counting its work. `slots` is where custom tags find what they need."""

    __slots__ = ("slots", "work")

    work: int
    slots: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.parent_context
        self.work = parent.work if isinstance(parent, Context) else 0
        self.slots = parent.slots if isinstance(parent, Context) else {}

    def spend(self, units: int) -> None:
        """Count work; raises ResourceLimitError beyond the limit."""
        self.work += units
        if self.work > MOST_WORK:
            raise ResourceLimitError("the template does too much work", token=None)

    def get(self, path: list[object], *, token: Any, default: object = liquid.undefined.UNDEFINED) -> object:
        self.work += 1
        if self.work > MOST_WORK:
            raise ResourceLimitError("the template does too much work", token=token)
        # The common case, plain keys in plain dicts, without the library's many steps.
        obj: Any = self.scope
        for segment in path:
            if type(segment) is not str or (
                obj is not self.scope and (type(obj) is not dict or segment not in obj)
            ):
                break
            try:
                obj = obj[segment]
            except KeyError:
                break
        else:
            return obj
        return super().get(path, token=token, default=default)

    def get_buffer(self, buf: Any = None) -> Any:
        return Buffer(buf.room if isinstance(buf, Buffer) else MOST_OUTPUT)

    def assign(self, key: str, val: Any) -> None:
        self.spend(1 + len(self.locals))
        super().assign(key, val)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        super().raise_for_loop_limit(length)
        # A loop's cost is its whole body each time round; the body is at most the template.
        self.spend(length * getattr(self.template, "weight", 1))


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | tuple | range | dict):
        return 10 * len(value)
    if isinstance(value, int) and value.bit_length() > 4_096:
        return 100 * MOST_TEXT
    return 1


_SQUARE = frozenset({"strip_html", "uniq", "escape_once"})
"""Filters whose worst case grows with the square of their input."""


def _metered(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
    wants_context = getattr(inner, "with_context", False)
    wants_env = getattr(inner, "with_environment", False)

    def outer(value: object, *args: object, context: Context, **kwargs: object) -> object:
        for given in (value, *args):
            size = _size(given)
            if size > 10 * MOST_TEXT or (isinstance(given, str) and size > MOST_TEXT):
                raise ResourceLimitError(f"{name} was given too much", token=None)
            context.spend(1 + size // 20 + (size * size // 2_000 if name in _SQUARE else 0))
        if name in ("replace", "replace_first", "replace_last", "join") and args:
            _check_growth(name, value, args)
        if name == "date":
            # The word "now" means the instant of the render, never the machine's clock.
            if str(value)[:6].strip().lower() in ("now", "today"):
                value = context.slots.get("now", value)
            elif isinstance(value, str) and len(value) > 64:
                return value
        if wants_context:
            kwargs["context"] = context
        if wants_env:
            kwargs["environment"] = context.env
        return inner(value, *args, **kwargs)

    outer.with_context = True  # type: ignore[attr-defined]
    return outer


def _check_growth(name: str, value: object, args: tuple[object, ...]) -> None:
    if name == "join":
        pieces = len(value) if isinstance(value, list | tuple | range) else 1
        grown = pieces * len(str(args[0]))
    else:
        grown = (
            (str(value).count(str(args[0])) if name == "replace" else 1) * len(str(args[1]))
            if args[1:]
            else 0
        )
    if grown > MOST_OUTPUT:
        raise ResourceLimitError(f"{name} would produce too much", token=None)


class ConstantNode(ContentNode):
    """What the template says itself: one piece, the same object in every message."""

    __slots__ = ()

    def __init__(self, token: Any, text: str) -> None:
        super().__init__(token, Constant(text))

    def render(self, context: Any, buffer: Any) -> int:
        """Without the look at disabled tags: this is none."""
        return int(buffer.write(self.text))


class ConstantText(Literal):
    """Tells constant text apart when the template is parsed."""

    node_class = ConstantNode


class PlainNode(OutputNode):
    """`{{ a.b.c }}` without filters, most of what a mail prints: one look-up, one write."""

    __slots__ = ("path",)

    path: list[Any]

    def render_to_output(self, context: Any, buffer: Any) -> int:
        value = context.get(self.path, token=self.token)
        if type(value) is not str:
            return int(buffer.write(to_liquid_string(value, context.autoescape)))
        return int(buffer.write(str(escape(value)) if context.autoescape else value))

    render = render_to_output


class PlainOutput(Output):
    """Output statements, with the plain ones told apart when the template is parsed."""

    def parse(self, stream: Any) -> OutputNode:
        """The node of one statement."""
        node = super().parse(stream)
        left = getattr(node.expression, "left", None)
        if type(node.expression) is FilteredExpression and not node.expression.filters and type(left) is Path:
            path = left.path
            if all(type(segment) is str for segment in path):
                plain = PlainNode(left.token, node.expression)
                plain.path = path
                return plain
        return node


def _json(value: object) -> str:
    """The value as JSON, for the bodies of webhooks."""
    if liquid.is_undefined(value):
        raise UndefinedError("json was given something undefined", token=None)
    return msgspec.json.encode(value, enc_hook=str).decode()


class Template(BoundTemplate):
    """A compiled text. Render it with `render`."""

    context_class = Context
    weight: int = 1
    flat: Callable[..., list[str]] | None = None
    """The same as one function, where the text has nothing rare in it; see `messages.flat`."""

    def _get_buffer(self) -> Any:
        return Buffer(MOST_OUTPUT)


class Fenced(liquid.Environment):
    """An environment with limits. `html` escapes everything that comes from data."""

    template_class = Template
    context_depth_limit = 30
    loop_iteration_limit = 10_000
    local_namespace_limit = MOST_OUTPUT

    def __init__(self, *, html: bool, **options: Any) -> None:
        options.setdefault("undefined", liquid.FalsyStrictUndefined)
        options.setdefault("tolerance", liquid.Mode.STRICT)
        super().__init__(autoescape=html, **options)
        self.filters.pop("safe", None)
        self.filters["json"] = _json
        self.filters["money"] = money
        self.add_tag(PlainOutput)
        self.add_tag(ConstantText)
        self.filters = {name: _metered(name, inner) for name, inner in self.filters.items()}
        if "loader" not in options:
            for name in ("include", "render"):
                self.tags.pop(name, None)


def fence(*, html: bool, **options: Any) -> Fenced:
    """An environment for one kind of output. Extra options are for tests of the language itself."""
    return Fenced(html=html, **options)


def compile_text(env: Fenced, source: str, field: str) -> Template:
    """Parse a template once. Raises Invalid naming the field and the line."""
    if len(source) > MOST_SOURCE:
        raise Invalid("a template has at most %(most)s characters", field=field, most=MOST_SOURCE)
    try:
        template: Template = env.from_string(source)  # type: ignore[assignment]
    except LiquidError as error:
        place = error.context()
        line = place[0] if place else 1
        raise Invalid("%(why)s (line %(line)s)", field=field, why=error.message, line=line) from None
    except RecursionError:
        raise Invalid("the template is nested too deeply", field=field) from None
    for name in template.analyze(include_partials=False).filters:
        if name not in env.filters:
            raise Invalid("there is no filter '%(name)s'", field=field, name=name)
    template.weight = 1 + (source.count("{%") + source.count("{{")) // 4
    return template


def render(
    template: Template,
    data: Mapping[str, object],
    now: Instant,
    slots: dict[str, Any] | None = None,
    part: str = "",
) -> str | RenderFailed:
    """Render with data as the only thing in scope. Never raises on what data or template do."""
    done = pieces(template, Scene(data, now, slots), part)
    return done if isinstance(done, RenderFailed) else "".join(done)


class Scene:
    """What all texts of a message are rendered with: data, the instant as `now` and `today`, slots."""

    __slots__ = ("data", "slots")

    def __init__(self, data: Mapping[str, object], now: Instant, slots: dict[str, Any] | None = None) -> None:
        at = to_datetime(now)
        self.data = {**data, "now": at, "today": at.date()}
        self.slots = {**(slots or {}), "now": at}


def pieces(template: Template, scene: Scene, part: str = "") -> list[str] | RenderFailed:
    """The same in pieces: each `Constant` is the template's own text."""

    def fresh() -> Context:
        context = Context(template, globals=scene.data)
        context.slots = scene.slots
        return context

    if template.flat is not None:
        # Whatever goes wrong there is told by the walk, in its own words and with its line.
        with suppress(Exception):
            written = template.flat(scene.data, scene.slots, fresh)
            if sum(map(len, written)) <= MOST_OUTPUT:
                return written
    context = fresh()
    buffer = Buffer(MOST_OUTPUT)
    try:
        template.render_with_context(context, buffer)  # type: ignore[arg-type]
    except LiquidError as error:
        place = error.context()
        reason = str(error.message)
        if isinstance(error, UndefinedError):
            reason += "; give it a default"
        return RenderFailed(reason, place[0] if place else 0, part)
    except (
        ValueError,
        TypeError,
        ArithmeticError,
        LookupError,
        AttributeError,
        RecursionError,
        MemoryError,
    ) as error:
        return RenderFailed(f"{type(error).__name__}: {str(error)[:200]}", 0, part)
    return buffer.parts


def merged(data: Mapping[str, object], defaults: Mapping[str, object]) -> dict[str, object]:
    """Data over defaults, deeply; a default also stands in for null. Keys of defaults may be dotted paths."""
    result: dict[str, object] = dict(data)
    for key, default in defaults.items():
        head, _, rest = key.partition(".")
        inner = {rest: default} if rest else default
        found = result.get(head)
        if isinstance(inner, dict) and (found is None or isinstance(found, dict)):
            result[head] = merged(found or {}, inner)
        elif found is None:
            result[head] = inner
    return result
