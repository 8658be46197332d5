"""What people read when they agreed, as part of the proof: the words, their hash, the version somebody names.

In: what a caller says of it. Out: entries of a consent's evidence.
Always true: pure; words that were given are kept as they were read, and their hash says that they are; where
no version is named, the hash names it, so that the same words always have the same version.
"""

import hashlib
from typing import Any

from slinga.kernel.errors import Invalid

LONGEST = 4_000
TEXT, VERSION, HASH = "wording", "wording_id", "wording_sha256"


def kept(text: str = "", version: str = "") -> dict[str, str]:
    """The evidence of words or of a version alone; nothing where neither was said. Raises Invalid."""
    text, version = text.strip(), version.strip()
    if len(text) > LONGEST:
        raise Invalid(
            "Keep the words that were shown below %(most)s characters.", field="wording", most=LONGEST
        )
    if len(version) > 200:
        raise Invalid("a version has at most 200 characters", field="wordingId")
    if not text:
        return {VERSION: version} if version else {}
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {TEXT: text, VERSION: version or f"sha256:{digest[:16]}", HASH: digest}


def proven(evidence: dict[str, Any]) -> dict[str, Any]:
    """Evidence with the words in it, if there are any, hashed and given a version. Raises Invalid."""
    text, version = evidence.get(TEXT), evidence.get(VERSION)
    if not isinstance(text, str) or not text.strip():
        return evidence
    return evidence | kept(text, version if isinstance(version, str) else "")


def intact(evidence: dict[str, Any]) -> bool:
    """Whether words that carry a hash are the words that were hashed."""
    text, digest = evidence.get(TEXT), evidence.get(HASH)
    return not isinstance(digest, str) or (
        isinstance(text, str) and hashlib.sha256(text.encode()).hexdigest() == digest
    )
