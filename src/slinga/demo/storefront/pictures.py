"""Product pictures: one drawing per kind of thing in `shapes/`, in the shades of the product.

In: a product. Out: SVG text, 400 by 400. Always true: no script, no reference to anything outside the file.
"""

from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template

from slinga.demo.catalogue import CATEGORIES
from slinga.demo.model import Product
from slinga.kernel.ids import chance

_COLOUR = {category.key: category.colour for category in CATEGORIES}


def mix(colour: str, other: str, share: float) -> str:
    """A colour `share` of the way from `colour` to `other`, both #rrggbb."""
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[n : n + 2], 16) for n in (1, 3, 5))


@lru_cache
def _shape(kind: str) -> Template:
    text = (Path(__file__).parent / "shapes" / f"{kind}.svg").read_text("utf-8")
    return Template(text.partition(">\n")[2].rpartition("</svg>")[0])


def picture(product: Product) -> str:
    """The product's picture; its shades follow from its id."""
    base = _COLOUR[product.category]
    main = mix(
        base, "#ffffff" if chance(product.id, "l") < 0.5 else "#241a14", 0.25 * chance(product.id, "s")
    )
    dark, light = mix(main, "#1c1310", 0.5), mix(main, "#fff8ec", 0.86)
    back, halo = mix(base, "#fff6e6", 0.80), mix(base, "#fff6e6", 0.66)
    name = product.name if len(product.name) < 15 else product.name.split()[0]
    shape = _shape(product.picture).substitute(main=main, dark=dark, light=light, name=escape(name))
    label = escape(product.name)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img" aria-label="{label}">'
        f'<rect width="400" height="400" fill="{back}"/><circle cx="200" cy="206" r="150" fill="{halo}"/>'
        f'<ellipse cx="200" cy="342" rx="120" ry="14" fill="{dark}" opacity=".16"/>{shape}</svg>'
    )
