"""The storefront: pages that need no script, forms that keep what was typed, nothing said before a yes."""

import json
import re
from collections.abc import Iterator
from html import unescape

import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from slinga.demo.catalogue import PRODUCTS
from slinga.demo.storefront.api import Shop, routes
from slinga.demo.storefront.pictures import picture

Said = list[tuple[list[dict], str]]


@pytest.fixture
def said() -> Said:
    return []


@pytest.fixture
def client(said: Said) -> Iterator[TestClient]:
    shop = Shop("wk_demo", lambda calls, letters: said.append((calls, letters)))
    with TestClient(Litestar(routes, state=State({"shop": shop}))) as client:
        yield client


def events(html: str) -> dict[str, dict]:
    marks = re.findall(r"data-event=\"([^\"]+)\" data-properties='([^']*)'", html)
    return {name: json.loads(unescape(properties)) for name, properties in marks}


@pytest.mark.parametrize("path", ["", "/category/tea", "/product/K01", "/cart", "/newsletter", "/thanks"])
def test_every_page_is_whole_and_strict(client, path):
    answer = client.get("/shop" + path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "<style" not in answer.text and " style=" not in answer.text and " onclick" not in answer.text
    assert not re.search(r"<script(?! src=)", answer.text)


def test_nothing_carries_an_id_before_the_visitor_allowed_it(client):
    assert "data-anonymous-id" not in client.get("/shop").text
    assert "kv_id" not in client.cookies
    client.post("/shop/remember", data={"answer": "no"})
    assert "data-anonymous-id" not in client.get("/shop").text
    client.post("/shop/remember", data={"answer": "yes", "back": "/shop/cart"})
    assert f'data-anonymous-id="{client.cookies["kv_id"]}"' in client.get("/shop").text


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/shop/\\evil", "/other"])
def test_the_answer_never_leads_elsewhere(client, back):
    answer = client.post("/shop/remember", data={"answer": "no", "back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/shop"


def test_a_basket_fills_changes_and_becomes_one_order(client, said):
    client.post("/shop/remember", data={"answer": "yes"})
    page = client.post("/shop/cart", data={"product": "K01", "how": "add", "quantity": "2"})
    seen = events(page.text)
    assert seen["Product Added"]["quantity"] == 2
    assert seen["Cart Viewed"]["value"] == 238.0
    page = client.post("/shop/cart", data={"product": "K01", "how": "set", "quantity": "1"})
    assert events(page.text)["Product Added"]["quantity"] == 1
    assert events(client.get("/shop/checkout").text)["Checkout Started"]["value"] == 119.0
    form = {"email": "Liv@Example.com", "first_name": "Liv", "news": "yes"}
    held = {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)}
    assert "Thank you" in client.post("/shop/checkout", data=form).text
    client.cookies.clear()
    client.post("/shop/checkout", data=form, headers=held)  # a double click
    (calls, letters), (again, _) = said
    assert [c.get("event", c["type"]) for c in calls] == [
        "identify",
        "Signed Up",
        "Order Completed",
    ]
    assert calls[-1]["properties"]["total"] == 168.0
    assert f"kv_id={calls[-1]['anonymousId']}" in held["Cookie"]
    assert letters == "liv@example.com"
    assert [c["messageId"] for c in calls] == [c["messageId"] for c in again]


def test_a_refused_form_says_why_and_keeps_what_was_typed(client, said):
    answer = client.post("/shop/newsletter", data={"email": "liv@", "first_name": '"Liv"<b>'})
    assert answer.status_code == 422
    assert "does not look like an e-mail address" in answer.text
    assert "&#34;Liv&#34;&lt;b&gt;" in answer.text
    born = client.post("/shop/newsletter", data={"email": "liv@example.com", "birth_date": "yesterday"})
    assert "1987-06-05" in born.text
    assert said == []


def test_a_form_from_another_site_is_refused(client, said):
    answer = client.post(
        "/shop/newsletter", data={"email": "liv@example.com"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403 and said == []


@pytest.mark.parametrize("path", ["/category/cars", "/product/X", "/picture/X.svg", "/static/../api.py"])
def test_what_is_not_there_is_not_found(client, path):
    assert client.get("/shop" + path).status_code == 404


def test_every_product_has_its_picture():
    pictures = [picture(product) for product in PRODUCTS]
    assert all(text.startswith("<svg") and text.endswith("</svg>") and "$" not in text for text in pictures)
    assert not any("<script" in text or "href" in text for text in pictures)
