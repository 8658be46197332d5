"""What somebody copies to connect a site, a server or one of Segment's clients.

In: the address of this installation, a key's text. Out: texts to copy.
Always true: pure; where the text of a key is not known a placeholder stands for it.
"""

import json

import msgspec

PLACEHOLDER = "YOUR_WRITE_KEY"
METHODS = ("page", "track", "identify", "group", "alias", "reset", "consent", "ready")


class Snippets(msgspec.Struct, frozen=True):
    """Texts to copy."""

    site: str
    plain: str
    consent: str
    curl: str
    client: str


def snippets(base: str, key: str) -> Snippets:
    """All of them, for an address such as https://mail.shop.example and a key or ""."""
    text = key or PLACEHOLDER
    tag = f'<script async src="{base}/slinga.js" data-key="{text}"></script>'
    queue = (
        "<script>!function(w){var s=w.slinga=w.slinga||[];"
        f"{json.dumps(list(METHODS), separators=(',', ':'))}.forEach(function(m){{"
        "s[m]=s[m]||function(){s.push([m].concat([].slice.call(arguments)))}})}(window);</script>"
    )
    call = {
        "type": "track",
        "event": "Order Completed",
        "userId": "4711",
        "properties": {"order_id": "W100", "total": 349, "currency": "SEK"},
    }
    return Snippets(
        site=f"{queue}\n{tag}",
        plain=tag,
        consent=(
            "slinga.consent(true);   // the visitor allowed it\n"
            "slinga.consent(false);  // the visitor refused, or took it back"
        ),
        curl=(
            f"curl -u {text}: -H 'Content-Type: application/json' \\\n"
            f"  -d '{json.dumps(call)}' \\\n  {base}/v1/track"
        ),
        client=(
            "import { Analytics } from '@segment/analytics-node'\n"
            f"const analytics = new Analytics({{ writeKey: '{text}', host: '{base}' }})\n"
            "analytics.track({ userId: '4711', event: 'Order Completed',\n"
            "  properties: { order_id: 'W100', total: 349 } })"
        ),
    )
