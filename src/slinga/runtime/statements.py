"""The statements of a SQL text.

In: SQL as `psql` reads it, without backslash commands. Out: its statements, each with the comments before it.
Always true: pure; a semicolon inside a string, a quoted name, a dollar quote or a comment ends nothing.
"""

import re

_TOKEN = re.compile(
    r"""
      --[^\n]*                               # a comment to the end of the line
    | /\*.*?\*/                             # a comment; none of ours is nested
    | (?P<dollar>\$\w*\$).*?(?P=dollar)    # a function's body
    | '(?:[^']|'')*'                        # a string
    | "[^"]*"                               # a quoted name
    | (?P<end>;)
    """,
    re.X | re.S,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\s+", re.S)


def split(text: str) -> list[str]:
    """The statements in order, without the semicolons; what is only comment or space is none."""
    parts, start = [], 0
    for token in _TOKEN.finditer(text):
        if token["end"]:
            parts.append(text[start : token.start()])
            start = token.end()
    parts.append(text[start:])
    return [part.strip() for part in parts if _COMMENT.sub("", part)]
