"""Preview text: what an inbox shows after the subject.

In: the template's preview, a Liquid source. Out: a hidden block for the top of the body.
Always true: it is the first text of the body and is padded, so that nothing else leaks into the list.
"""

import re

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_END = re.compile(r"</body>", re.IGNORECASE)
_STYLE = "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all"
_PADDING = "&#847;&zwnj;&nbsp;" * 60


def block(preview: str) -> str:
    """The hidden block, or nothing without a preview."""
    return f'<div style="{_STYLE}">{preview}{_PADDING}</div>' if preview else ""


def has_body(html: str) -> bool:
    """Whether there is a body element."""
    return _BODY.search(html) is not None


def insert(html: str, top: str, bottom: str) -> str:
    """Put one piece first into the body and one last; without a body, round the whole."""
    match = _BODY.search(html)
    start = match.end() if match else 0
    ends = [found.start() for found in _END.finditer(html, start)]
    end = ends[-1] if ends else len(html)
    return html[:start] + top + html[start:end] + bottom + html[end:]
