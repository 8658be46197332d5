"""Every example of Segment's own specification is accepted as it stands."""

import json
from pathlib import Path

import pytest

from slinga.ingest import store

SPEC = Path(__file__).resolve().parents[3] / "../shared/data/webhooks/segment_spec/spec_examples.jsonl"
CALLS = ("identify", "track", "page", "screen", "group", "alias")


def message(example):
    """The HTTP body an example stands for, and its call; None for a fragment that is no message.

    Examples written as client code are given what the client adds: the call's name and an anonymous id.
    """
    if example["call"] is None:
        body = example["json"]
        call = body.get("type") or body.get("action") or ("track" if "event" in body else "")
        if call not in CALLS:
            return None
        if not any(body.get(k) for k in ("userId", "user_id", "anonymousId", "previousId")):
            body = {**body, "anonymousId": "spec-device"}
        return call, body
    call, args = example["call"], list(example["args"])
    body = {"anonymousId": "spec-device"}
    objects = [a for a in args if isinstance(a, dict)]
    words = [a for a in args if isinstance(a, str)]
    if objects and "event" in objects[0] and call == "track" and not words:
        return call, body | objects[0]
    if call == "track":
        body |= {"event": words[0], "properties": objects[0] if objects else {}} | (
            objects[1] if len(objects) > 1 else {}
        )
    elif call == "identify":
        body |= {"traits": objects[0] if objects else {}} | ({"userId": words[0]} if words else {})
    elif call == "group":
        body |= {"groupId": words[0], "traits": objects[0] if objects else {}}
    elif call == "alias":
        body |= {"userId": words[0], "previousId": "spec-device"}
    else:
        body |= {"name": words[-1] if words else None, "properties": objects[0] if objects else {}}
    return call, body


@pytest.mark.skipif(not SPEC.is_file(), reason="the shared data sets are not beside the project")
def test_every_example_of_the_specification(post, db):
    examples = [json.loads(line) for line in SPEC.read_text().splitlines()]
    messages = [(e["file"], message(e)) for e in examples]
    fragments = [file for file, found in messages if found is None]
    # The one fragment shows the value of `integrations` alone.
    assert fragments == ["src/connections/spec/common.md"]
    calls = [(file, *found) for file, found in messages if found]
    for file, call, body in calls:
        answer = post(call, body)
        assert (answer.status_code, answer.json()["errors"]) == (200, []), (file, body, answer.text)
        assert answer.json()["accepted"] == 1
    # The same in batches, where only the message names the call.
    for body in ({"type": call, **body, "messageId": None} for _, call, body in calls):
        assert post("batch", {"batch": [body]}).json()["accepted"] == 1
    assert store.quarantined(db) == []
