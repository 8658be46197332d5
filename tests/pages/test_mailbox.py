"""The development mailbox: hostile mail is looked at, never run."""

from email.message import EmailMessage

import pytest
from selectolax.lexbor import LexborHTMLParser

HOSTILE = """<html><body onload="alert(1)"><script>fetch('/admin')</script><svg onload=alert(2)></svg>
<a href="javascript:alert(3)">press</a><a href="https://shop.test/a?b=1&amp;c=2">shop</a>
<form action="https://evil.test"><input name=p></form><iframe src="//evil.test"></iframe></body></html>"""


def letter(html: str = HOSTILE, text: str = "Hello <script>alert(4)</script>") -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "Zażółć <script>"
    mail["From"] = "Shop <shop@shop.test>"
    mail["To"] = "anna@shop.test"
    mail["List-Unsubscribe"] = "<https://x.test/u/t>"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def test_the_html_is_framed_in_a_sandbox_without_script(world):
    number = world.mail(letter(), subject="<b>Hi</b>")
    page = LexborHTMLParser(world.get(f"/dev/mail/{number}"))
    frame = page.css_first("iframe")
    assert frame.attributes["src"] == f"/dev/mail/{number}/html"
    assert "allow-scripts" not in frame.attributes["sandbox"]
    assert "allow-same-origin" not in frame.attributes["sandbox"]
    assert "allow-top-navigation" not in frame.attributes["sandbox"]
    assert not page.css("script:not([src^='/assets/'])") and not page.css("svg[onload]")
    assert page.css_first("h1").text() == "<b>Hi</b>"
    assert "Hello <script>alert(4)</script>" in page.css_first("pre").text()


def test_the_frame_itself_forbids_everything_active(world):
    number = world.mail(letter())
    answer = world.web.get(f"/dev/mail/{number}/html")
    policy = answer.headers["content-security-policy"]
    assert (
        policy.startswith("sandbox ") and "allow-scripts" not in policy and "allow-same-origin" not in policy
    )
    assert "default-src 'none'" in policy and "form-action 'none'" in policy and "script-src" not in policy
    assert "frame-ancestors 'self'" in policy and answer.headers["x-content-type-options"] == "nosniff"
    assert "alert(3)" in answer.text, "what would be sent is what is shown"


def test_links_are_listed_and_only_safe_ones_can_be_pressed(world):
    number = world.mail(letter())
    page = LexborHTMLParser(world.get(f"/dev/mail/{number}"))
    pressed = [a.attributes["href"] for a in page.css("details a[target=_blank]")]
    assert pressed == ["https://shop.test/a?b=1&c=2"]
    assert "javascript:alert(3)" in page.body.text()


def test_headers_and_source_are_there(world):
    number = world.mail(letter())
    text = LexborHTMLParser(world.get(f"/dev/mail/{number}")).body.text()
    assert "List-Unsubscribe" in text and "<https://x.test/u/t>" in text and "multipart/alternative" in text
    raw = world.web.get(f"/dev/mail/{number}/raw")
    assert raw.content == letter()[: len(raw.content)] or b"multipart/alternative" in raw.content
    assert (
        raw.headers["content-disposition"].startswith("attachment")
        and "octet-stream" in raw.headers["content-type"]
    )


def test_the_list_is_newest_first_and_by_address(world):
    for n in range(3):
        world.mail(letter(), subject=f"Mail {n}", recipient=f"p{n}@shop.test")
    subjects = [node.text() for node in LexborHTMLParser(world.get("/dev/mail")).css(".mails b")]
    assert subjects == ["Mail 2", "Mail 1", "Mail 0"]
    assert "Mail 0" not in world.get("/dev/mail?to=p1@shop.test")


BROKEN = [
    b"",
    b"\xff\xfe\x00",
    b"Content-Type: multipart/mixed\r\n\r\nx",
    b"a" * 100_000,
    b"Content-Type: text/html; charset=nonsense\r\n\r\n<p>hi</p>",
]


@pytest.mark.parametrize("raw", BROKEN)
def test_broken_mail_is_shown_as_far_as_it_can_be_read(world, raw: bytes):
    number = world.mail(raw)
    world.get(f"/dev/mail/{number}")
    world.get(f"/dev/mail/{number}/html")


@pytest.mark.parametrize("path", ["/dev/mail/99", "/dev/mail/99/html", "/dev/mail/99999999999999999999/raw"])
def test_what_is_not_there_is_a_404(world, path: str):
    world.get(path, 404)
