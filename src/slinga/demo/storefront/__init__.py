"""The demo shop's site: a few server-rendered pages that report what happens to the tracking API.

In: requests under /shop. Out: pages, and calls in Segment's format from browser and server.
Always true: no request carries an id of the visitor before they allowed it; orders and sign-ups are reported
by the server; no inline script or style, and every page works without script.
"""

from slinga.demo.storefront.cart import Cart, parse_cart

__all__ = ["Cart", "parse_cart"]
