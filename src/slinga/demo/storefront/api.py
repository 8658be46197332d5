"""The demo shop's pages under /shop.

In: requests; forms. Out: HTML, and calls of the shop's server through `app.state.shop.report`, proven.
Always true: pages carry a strict Content-Security-Policy; a form that did not come from this site is refused;
a refused form shows what to mend and keeps what was typed.

The application keeps a `Shop` at `app.state.shop`.
"""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from email_validator import EmailNotValidError, validate_email
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import Body, FromPath, FromQuery

from slinga.demo.catalogue import BY_CATEGORY, BY_ID, CATEGORIES, CURRENCY, FREE_DELIVERY_FROM, PRODUCTS, SHOP
from slinga.demo.speech import SITE
from slinga.demo.speech import product as described
from slinga.demo.storefront.cart import Cart, parse_cart
from slinga.demo.storefront.pictures import picture
from slinga.kernel.ids import digest, new_token

PREFIX = "/shop"
YEAR = 365 * 24 * 3600
BESTSELLERS = ("K02", "T02", "K01", "S02", "T04", "E01", "G01", "K04")
STATIC = {"shop.css": "text/css", "shop.js": "text/javascript", "mark.svg": "image/svg+xml"}
ORDER = ("Your order", "Packed with care and on its way. Free to send back for a year.")
PAGES = {
    "guides": (
        "How to brew it",
        "Sixty grams to a litre, water just off the boil, four minutes, and nowhere to be.",
    ),
    "reviews": ("What did you think?", "Tell us honestly. The good ones we frame, the others we learn from."),
    "community": (
        "The long table",
        "Once a month we taste together, on a screen or in Visby. You are welcome.",
    ),
    "help": ("Help", "Write to us as you would to a neighbour who happens to roast coffee."),
    "account": ("Your subscription", "It renews by itself and stops with one word from you."),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_ANONYMOUS = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")

Report = Callable[[list[dict[str, Any]], str], None]
"""Takes calls in Segment's format from the shop's server, and the address that asked for letters, or ""."""

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


class Shop(msgspec.Struct, frozen=True):
    """What the pages need: the browser's write key, where the server reports to, the shop's own address."""

    write_key: str
    report: Report
    site: str = SITE


class Visitor(msgspec.Struct, frozen=True):
    """What the cookies say. Without a yes there is no anonymous id."""

    asked: bool
    anonymous_id: str
    cart: Cart


def kronor(amount: float) -> str:
    """An amount as Swedes write it: 1 249 kr, 49,50 kr."""
    whole, cents = divmod(round(amount * 100), 100)
    text = f"{whole:,}".replace(",", "\u00a0")
    return f"{text},{cents:02d}\u00a0kr" if cents else f"{text}\u00a0kr"


_pages = Environment(
    loader=PackageLoader("slinga.demo.storefront"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
_pages.filters["kronor"] = kronor


def visitor_of(request: Request[Any, Any, Any]) -> Visitor:
    """Who is here, by the cookies; anything unreadable counts as absent."""
    cookies = request.cookies
    anonymous = cookies.get("kv_id", "")
    return Visitor(
        asked=cookies.get("kv_ok", "") in ("yes", "no"),
        anonymous_id=anonymous if cookies.get("kv_ok") == "yes" and _ANONYMOUS.match(anonymous) else "",
        cart=parse_cart(cookies.get("kv_cart", "")),
    )


def _cookie(name: str, value: str, age: int = YEAR) -> Cookie:
    return Cookie(
        key=name, value=value, path=PREFIX, max_age=age if value else 0, httponly=True, samesite="lax"
    )


def _page(
    request: Request[Any, Any, Any], template: str, page: str, *, status: int = 200, **more: Any
) -> Response[str]:
    shop: Shop = request.app.state.shop
    visitor = visitor_of(request)
    values: dict[str, Any] = {
        "shop": SHOP,
        "page": page,
        "path": request.url.path,
        "visitor": visitor,
        "cart": visitor.cart,
        "write_key": shop.write_key,
        "categories": CATEGORIES,
        "free_from": FREE_DELIVERY_FROM,
        "current": "",
        "wrong": "",
    }
    html = _pages.get_template(template).render(values | more).replace(SITE, shop.site)
    return Response(html, media_type="text/html", status_code=status, headers=HEADERS)


def _go(path: str, *cookies: Cookie) -> Response[str]:
    headers = {"Location": path, "Cache-Control": "no-store"}
    return Response("", media_type="text/plain", status_code=303, headers=headers, cookies=list(cookies))


def _own(request: Request[Any, Any, Any]) -> None:
    """Refuse a form that another site sent."""
    origin = request.headers.get("origin", "")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise PermissionDeniedException("This form did not come from the shop.")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDeniedException("This form did not come from the shop.")


def _seen(cart: Cart) -> dict[str, Any]:
    lines = [described(line.product, line.quantity) for line in cart.lines]
    return {"cart_id": cart.id, "value": cart.subtotal, "currency": CURRENCY, "products": lines}


def _lines(cart: Cart) -> list[tuple[Any, Any]]:
    return [(line, BY_ID[line.product]) for line in cart.lines]


@get([PREFIX, PREFIX + "/"], sync_to_thread=False, include_in_schema=False)
def home(request: Request[Any, Any, Any]) -> Response[str]:
    """The shop's front."""
    return _page(request, "home.html", "Home", goods=[BY_ID[id] for id in BESTSELLERS])


@get(PREFIX + "/category/{key:str}", sync_to_thread=False, include_in_schema=False)
def category(request: Request[Any, Any, Any], key: FromPath[str]) -> Response[str]:
    """One shelf."""
    found = next((c for c in CATEGORIES if c.key == key), None)
    if found is None:
        raise NotFoundException("There is no such shelf.")
    goods = BY_CATEGORY[key]
    seen = {"list_id": key, "category": key, "products": [{"product_id": p.id} for p in goods]}
    return _page(request, "category.html", found.name, category=found, goods=goods, seen=seen, current=key)


@get(PREFIX + "/product/{id:str}", sync_to_thread=False, include_in_schema=False)
def product(request: Request[Any, Any, Any], id: FromPath[str]) -> Response[str]:
    """One thing for sale."""
    found = BY_ID.get(id)
    if found is None:
        raise NotFoundException("We do not sell that.")
    shelf = next(c for c in CATEGORIES if c.key == found.category)
    other = [p for p in PRODUCTS if p.category != found.category or p.id > found.id]
    company = sorted(other, key=lambda p: digest(found.id, p.id))[:4]
    return _page(
        request, "product.html", found.name,
        product=found, category=shelf, goods=company, seen=described(found.id), current=shelf.key,
    )  # fmt: skip


@get(PREFIX + "/cart", sync_to_thread=False, include_in_schema=False)
def cart(
    request: Request[Any, Any, Any], added: FromQuery[str] = "", removed: FromQuery[str] = ""
) -> Response[str]:
    """The basket; `added` and `removed` name the change to report, as product or product.quantity."""
    held = visitor_of(request).cart
    more: dict[str, Any] = {"added": None, "removed": None}
    if added in BY_ID and held.quantity(added):
        more["added"] = {"cart_id": held.id} | described(added, held.quantity(added))
    if removed in BY_ID:
        more["removed"] = {"cart_id": held.id} | described(removed)
    return _page(request, "cart.html", "Basket", lines=_lines(held), seen=_seen(held), **more)


@post(PREFIX + "/cart", sync_to_thread=False, include_in_schema=False)
def change_cart(request: Request[Any, Any, Any], data: Form) -> Response[str]:
    """Put in, take out, change how many."""
    _own(request)
    held = visitor_of(request).cart
    id, text = data.get("product", ""), data.get("quantity", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
    before = held.quantity(id)
    wanted = before + number if data.get("how") == "add" else number
    after = held.put(id, wanted, id="cart-" + new_token(9))
    change = ""
    if after.quantity(id) > before or (after.quantity(id) and after.quantity(id) != before):
        change = f"?added={id}"
    elif before and not after.quantity(id):
        change = f"?removed={id}"
    return _go(f"{PREFIX}/cart{change}", _cookie("kv_cart", after.cookie()))


@get(PREFIX + "/checkout", sync_to_thread=False, include_in_schema=False)
def checkout(request: Request[Any, Any, Any]) -> Response[str]:
    """The form for an order."""
    held = visitor_of(request).cart
    if not held.lines:
        return _go(f"{PREFIX}/cart")
    form = {"email": "", "first_name": "", "last_name": "", "news": ""}
    return _page(request, "checkout.html", "Checkout", lines=_lines(held), seen=_seen(held), form=form)


@post(PREFIX + "/checkout", sync_to_thread=True, include_in_schema=False)
def order(request: Request[Any, Any, Any], data: Form) -> Response[str]:
    """Order: who it is, the order, and the letter if they ticked it, in one report."""
    _own(request)
    visitor = visitor_of(request)
    held = visitor.cart
    if not held.lines:
        return _go(f"{PREFIX}/cart")
    form = _typed(data, "email", "first_name", "last_name", "news")
    email, wrong = _address(form["email"])
    if wrong:
        return _page(
            request, "checkout.html", "Checkout", status=422,
            lines=_lines(held), seen=_seen(held), form=form, wrong=wrong,
        )  # fmt: skip
    # The order's number follows from the basket's, so that a double click orders once.
    number = "W" + digest("order", held.id)[:10].upper()
    who = _who(visitor, email)
    properties = _seen(held) | {
        "order_id": number,
        "email": email,
        "subtotal": held.subtotal,
        "shipping": held.delivery,
        "total": held.total,
        "revenue": held.subtotal,
    }
    properties.pop("value")
    traits = {"email": email} | {k: v for k in ("first_name", "last_name") if (v := form[k])}
    calls = [
        who | {"type": "identify", "messageId": f"{number}-who", "traits": traits},
        who | {"type": "track", "event": "Order Completed", "messageId": number, "properties": properties},
    ]
    if form["news"]:
        calls.insert(1, _letter(who, email, "checkout", f"{number}-news"))
    shop: Shop = request.app.state.shop
    shop.report(calls, email if form["news"] else "")
    return _go(f"{PREFIX}/thanks?for=order", _cookie("kv_cart", ""))


@get(PREFIX + "/thanks", sync_to_thread=False, include_in_schema=False)
def thanks(request: Request[Any, Any, Any]) -> Response[str]:
    """A word after an order or a sign-up."""
    if request.query_params.get("for") == "letter":
        heading, words = "Welcome in", "The first letter is on its way, with 10% off your first order."
    else:
        heading = "Thank you"
        words = "Your order is noted. In a real shop, someone would now reach for the brown paper."
    return _page(request, "thanks.html", "Thank you", heading=heading, words=words)


@get(
    [PREFIX + f"/{name}" for name in PAGES] + [PREFIX + "/orders/{id:str}"],
    sync_to_thread=False,
    include_in_schema=False,
)
def reading(request: Request[Any, Any, Any]) -> Response[str]:
    """The pages that letters lead to and that a shop would fill with more."""
    name = request.url.path.removeprefix(PREFIX + "/").split("/")[0]
    heading, words = PAGES.get(name, ORDER)
    return _page(request, "thanks.html", heading, heading=heading, words=words)


@get(PREFIX + "/newsletter", sync_to_thread=False, include_in_schema=False)
def newsletter(request: Request[Any, Any, Any]) -> Response[str]:
    """The sign-up form."""
    return _page(
        request, "newsletter.html", "Newsletter", form={"email": "", "first_name": "", "birth_date": ""}
    )


@post(PREFIX + "/newsletter", sync_to_thread=True, include_in_schema=False)
def sign_up(request: Request[Any, Any, Any], data: Form) -> Response[str]:
    """Sign up: who it is and that they asked for letters."""
    _own(request)
    form = _typed(data, "email", "first_name", "birth_date")
    email, wrong = _address(form["email"])
    if not wrong and form["birth_date"]:
        try:
            date.fromisoformat(form["birth_date"])
        except ValueError:
            wrong = "A birthday is written as year, month and day: 1987-06-05."
    if wrong:
        return _page(request, "newsletter.html", "Newsletter", status=422, form=form, wrong=wrong)
    who = _who(visitor_of(request), email)
    traits = {"email": email} | {k: v for k in ("first_name", "birth_date") if (v := form[k])}
    once = new_token()
    shop: Shop = request.app.state.shop
    shop.report(
        [
            who | {"type": "identify", "messageId": f"{once}-who", "traits": traits},
            _letter(who, email, "newsletter", f"{once}-news"),
        ],
        email,
    )
    return _go(f"{PREFIX}/thanks?for=letter")


@post(PREFIX + "/remember", sync_to_thread=False, include_in_schema=False)
def remember(request: Request[Any, Any, Any], data: Form) -> Response[str]:
    """The visitor's answer to whether we may remember them; a no takes the id away."""
    _own(request)
    back = data.get("back", PREFIX)
    if not back.startswith(PREFIX + "/") or "\\" in back or "\n" in back:
        back = PREFIX
    if data.get("answer") == "yes":
        kept = visitor_of(request).anonymous_id or new_token(18)
        return _go(back, _cookie("kv_ok", "yes"), _cookie("kv_id", kept))
    return _go(back, _cookie("kv_ok", "no"), _cookie("kv_id", ""))


@get(PREFIX + "/picture/{name:str}", sync_to_thread=False, include_in_schema=False)
def product_picture(name: FromPath[str]) -> Response[str]:
    """A product's picture."""
    found = BY_ID.get(name.removesuffix(".svg"))
    if found is None or not name.endswith(".svg"):
        raise NotFoundException("There is no such picture.")
    return _file(picture(found), "image/svg+xml")


@get(PREFIX + "/static/{name:str}", sync_to_thread=False, include_in_schema=False)
def static(name: FromPath[str]) -> Response[str]:
    """The shop's own style, script and mark."""
    if name not in STATIC:
        raise NotFoundException("There is no such file.")
    return _file((Path(__file__).parent / "static" / name).read_text("utf-8"), STATIC[name])


def _file(text: str, kind: str) -> Response[str]:
    headers = HEADERS | {
        "Cache-Control": "public, max-age=300",
        "Content-Security-Policy": "default-src 'none'",
    }
    return Response(text, media_type=kind, headers=headers)


def _typed(data: dict[str, str], *names: str) -> dict[str, str]:
    return {name: str(data.get(name, "")).replace("\0", "").strip()[:200] for name in names}


def _address(text: str) -> tuple[str, str]:
    """(the address, "") or ("", what to mend)."""
    try:
        return validate_email(text, check_deliverability=False).normalized.lower(), ""
    except EmailNotValidError:
        return "", "This does not look like an e-mail address. It needs a name, an @ and a domain."


def _who(visitor: Visitor, email: str) -> dict[str, Any]:
    who = {"userId": "web-" + digest("buyer", email)[:16]}
    return who | ({"anonymousId": visitor.anonymous_id} if visitor.anonymous_id else {})


def _letter(who: dict[str, Any], email: str, form: str, id: str) -> dict[str, Any]:
    properties = {"topic": "news", "form": form, "email": email}
    return who | {
        "type": "track",
        "event": "Signed Up",
        "messageId": id,
        "properties": properties,
    }


routes = [
    home, category, product, cart, change_cart, checkout, order, thanks, reading, newsletter, sign_up,
    remember, product_picture, static,
]  # fmt: skip
