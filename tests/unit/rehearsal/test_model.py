"""Requests that cannot be meant are refused with the field at fault."""

from zoneinfo import ZoneInfo

import pytest

from slinga.kernel.clock import instant
from slinga.kernel.errors import Invalid
from slinga.rehearsal.model import Request, buckets, check, moment, parse


def test_a_request_is_a_document() -> None:
    request = parse({"drafts": [{"kind": "journey", "key": "a", "document": {}}], "from": "2026-01-01"})
    assert (request.drafts[0].key, request.since) == ("a", "2026-01-01")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"drafts": [{"kind": "jurney", "key": "a", "document": {}}]}, "drafts.0.kind"),
        (
            {"drafts": [{"kind": "segment", "key": "a", "document": {}, "enter_existing": True}]},
            "drafts.0.enter_existing",
        ),
        ({"from": "2026-02-01", "until": "2026-01-01"}, "until"),
        ({"from": "yesterday"}, "from"),
        ({"sample": "1/1000"}, "sample"),
        ({"sample": "8"}, "sample"),
        ({"sample": "0/8"}, "sample"),
    ],
)
def test_what_cannot_be_meant_names_its_field(document: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(document)
    assert refused.value.field == field


def test_a_date_begins_in_the_zone() -> None:
    stockholm = ZoneInfo("Europe/Stockholm")
    assert moment("2026-07-01", "from", stockholm) == instant("2026-06-30T22:00:00Z")
    assert moment("2026-07-01T00:00:00Z", "from", stockholm) == instant("2026-07-01T00:00:00Z")
    assert moment("", "from", stockholm) is None


def test_a_sample_is_whole_buckets() -> None:
    check(Request(sample="3/8"))
    assert len(buckets("1/8")) == 32 and len(buckets("1/1")) == 256
    assert set(buckets("1/8")) < set(buckets("2/8"))
