import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.kernel.errors import Invalid
from slinga.messages.markup import blanked, protect, restore
from slinga.messages.mjml import compile_mjml, inline, lint


def page(inner: str) -> str:
    return f"<mjml>\n<mj-body>\n{inner}\n</mj-body>\n</mjml>"


COLUMN = "<mj-section><mj-column>{}</mj-column></mj-section>"


@pytest.mark.parametrize(
    ("inner", "line", "message"),
    [
        ("<mj-foo />", 3, "<mj-foo> is not an MJML element"),
        ('<mj-section wrong="1"></mj-section>', 3, "<mj-section> has no attribute 'wrong'"),
        ("<mj-section><mj-text>a</mj-text></mj-section>", 3, "<mj-text> may not stand in <mj-section>"),
        ("<mj-section>\n<mj-column>\n</mj-section>", 5, "</mj-section> closes <mj-column> of line 4"),
        ("<mj-section>\nhello\n</mj-section>", 4, "text may not stand here: 'hello'"),
        (COLUMN.format("<mj-text>a"), 3, "<mj-text> is never closed"),
        ('<mj-include path="/etc/passwd" />', 3, "<mj-include> is not available: a template stands alone"),
        (
            "<mj-section full-width></mj-section>",
            3,
            "the attribute 'full-width' of <mj-section> needs a value",
        ),
        ("</mj-column>", 3, "</mj-column> closes <mj-body> of line 2"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(inner, line, message):
    assert (line, message) in [(one.line, one.message) for one in lint(page(inner))]


def test_a_page_without_body_or_root():
    assert lint("<p>hello</p>")
    assert lint("")
    assert lint("<mjml></mjml>")


@pytest.mark.parametrize(
    "inner",
    [
        COLUMN.format("<mj-text>a <br> &nbsp; <b>b</b> & <img src='x'></mj-text>"),
        "{% for x in y %}\n"
        + COLUMN.format('<mj-button href="{{ x | append: "<b>" }}">a</mj-button>')
        + "\n{% endfor %}",
        (
            '<mj-wrapper><mj-section css-class="a" mj-class="b"><mj-group><mj-column />'
            "</mj-group></mj-section></mj-wrapper>"
        ),
        COLUMN.format(
            '<mj-social><mj-social-element name="x" href="{{ u }}">a</mj-social-element></mj-social>'
        ),
        "<!-- a comment with <mj-nonsense> -->" + COLUMN.format('<mj-spacer height="10px" /><mj-divider />'),
        COLUMN.format("<mj-table><tr><td>{% if a < b %}x{% endif %}</td></tr></mj-table>"),
    ],
)
def test_good_pages_have_no_findings_and_keep_their_liquid(inner):
    source = page(inner)
    assert lint(source) == []
    protected, spans = protect(source)
    html = restore(compile_mjml(protected, "sv", "Hej"), spans)
    for span in spans:
        assert span in html
    assert 'lang="sv"' in html and "<title>Hej</title>" in html


def test_the_compiler_may_still_refuse():
    with pytest.raises(Invalid) as caught:
        compile_mjml("<mjml><mj-head><mj-title>a<!-- b --></mj-title></mj-head></mjml>", "en", "t")
    assert caught.value.field == "body.mjml"


def test_styles_marked_inline_are_inlined():
    source = (
        '<mjml><mj-head><mj-style inline="inline">.big div { color: #112233 !important; }</mj-style>'
        "</mj-head><mj-body>" + COLUMN.format('<mj-text css-class="big">a</mj-text>') + "</mj-body></mjml>"
    )
    assert lint(source) == []
    assert "color: #112233" in compile_mjml(source, "en", "t").split("<body", 1)[1]


def test_html_keeps_media_queries_and_fetches_nothing():
    html = (
        '<html><head><link rel="stylesheet" href="http://127.0.0.1:9/x.css"><style>td{color:red}'
        "@media (max-width:10px){td{color:blue}}</style></head>"
        "<body><table><tr><td>a</td></tr></table></body></html>"
    )
    done = inline(html)
    assert 'style="color: red' in done and "@media" in done


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "{{ a }}",
                "{% if x %}",
                "{% endif %}",
                '<a href="',
                '">',
                "<!--",
                "-->",
                "<title>",
                "</title>",
                "text",
                "\n",
                "<",
                ">",
            ]
        ),
        max_size=20,
    )
)
def test_protecting_is_undone_exactly(pieces):
    source = "".join(pieces)
    protected, spans = protect(source)
    assert "{{" not in protected and "{%" not in protected
    assert restore(protected, spans) == source
    assert len(blanked(source)) == len(source) and blanked(source).count("\n") == source.count("\n")


@given(st.text(alphabet='<>/mj-textbodyscn "=\n{}%a', max_size=80))
def test_no_text_breaks_the_check(text):
    lint(text)
    lint(page(text))
