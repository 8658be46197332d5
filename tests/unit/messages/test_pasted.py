"""HTML from elsewhere: what comes through, what does not, and what is said about it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.kernel.errors import Invalid
from slinga.messages.model import Brand, parse
from slinga.messages.pasted import clean
from slinga.messages.render import compile

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>1</script></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='data:text/html,<script>1</script>'>x</a>",
    "<iframe src='https://x.example'></iframe>",
    "<form action='https://x.example'><input name=a></form>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<style>@import 'https://x.example/a.css';</style>",
    "<link rel=stylesheet href='https://x.example/a.css'>",
    "<meta http-equiv=refresh content='0;url=https://x.example'>",
    "<base href='https://x.example/'>",
    "<object data=x></object><embed src=x>",
    "<!--[if mso]><script>1</script><![endif]-->",
    "<template><script>1</script></template>",
    "<math><mtext><script>1</script></mtext></math>",
    "</title><script>1</script>",
    "<title><script>1</script></title>",
    "<style></style><script>1</script>",
    "<style>@media x { </style><script>1</script> }</style>",
)
_TAGS = r"<(script|iframe|form|input|object|embed|svg|link|base|math)\b"
_BAD = re.compile(rf"{_TAGS}|\son\w+\s*=|javascript:|@import|expression\(", re.IGNORECASE)


@pytest.mark.parametrize("piece", HOSTILE)
def test_nothing_that_runs_or_fetches_comes_through(piece: str) -> None:
    html = clean(f"<html><head>{piece}</head><body><p>Hi</p>{piece}</body></html>").html
    assert not _BAD.search(html), html
    assert "http-equiv" not in html and "Hi" in html


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12)), min_size=1, max_size=6))
def test_no_mixture_comes_through(pieces: list[str]) -> None:
    source = "".join(pieces)
    if not source.strip():
        return
    shown = re.sub(r"&lt;[^&]*&gt;", "", clean(source).html)
    tags = "".join(re.findall(r"<[^>]*>", shown))
    assert not re.search(
        r"<(script|iframe|form|input|object|embed|svg|link|base|math)\b", tags, re.IGNORECASE
    )
    assert not re.search(r"<[^>]*\son\w+\s*=", tags, re.IGNORECASE)


def test_looks_and_liquid_stay() -> None:
    source = """<html><head><title>Hello {{ person.first_name }}</title><style>
    p.big { font-size: 20px } @media (max-width: 480px) { .w { width: 100% } }</style></head>
    <body bgcolor="#eeeeee"><table width="600" cellpadding="0"><tr><td class="w" style="color:#123456">
    <p class="big">Hi {{ person.first_name | default: "you" }}</p>
    <a href="{{ unsubscribe_url }}">leave</a> <a href="https://x.example/?a=1&amp;b=2">go</a>
    <img src="{{ product.image }}" alt="A dog"></td></tr></table></body></html>"""
    found = clean(source, "sv")
    for kept in (
        '{{ person.first_name | default: "you" }}', 'href="{{ unsubscribe_url }}"', "font-size: 20px",
        "@media (max-width: 480px)", "color:#123456", 'src="{{ product.image }}"', 'lang="sv"',
        "background-color:#eeeeee",
    ):  # fmt: skip
        assert kept in found.html, kept
    assert found.lost == () and found.title == "Hello {{ person.first_name }}"
    document = {
        "key": "t",
        "name": "T",
        "class": "marketing",
        "topic": "n",
        "subject": "S",
        "body": {"html": found.html},
    }
    compile(parse(document), Brand())


def test_what_is_lost_is_said() -> None:
    lost = " ".join(
        clean("<script>x</script><script>y</script><p onclick='x'>*|FNAME|* %%city%%</p><form></form>").lost
    )
    for told in ("<script>: 2", "the handler onclick", "*|NAME|*", "%%name%%", "<form>"):
        assert told in lost


@pytest.mark.parametrize("source", ["", "   ", "x" * 500_001])
def test_nothing_and_too_much_are_refused(source: str) -> None:
    with pytest.raises(Invalid):
        clean(source)
