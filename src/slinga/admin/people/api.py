"""People over HTTP: found, and somebody's page with its tabs, messages and whys.

In: what somebody searches or asks. Out: lists, lives, proofs.
Always true: nothing here changes anything; what a member does to somebody is in `acts`.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get
from litestar.enums import MediaType
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.mailbox.mail import HTML_CSP
from slinga.admin.people import header, jobs, proofs, store
from slinga.admin.people.timeline import EVERYTHING, SORTS
from slinga.admin.shell import pages
from slinga.admin.shell.api import Web, asked, fault_said, number, pool, shown, spoken
from slinga.admin.shell.names import person_name
from slinga.admin.shell.store import Programme, programme
from slinga.admin.shell.store import now as present
from slinga.explain import jobs as explain
from slinga.kernel.errors import Invalid, Missing
from slinga.kernel.ids import KINDS, person_key
from slinga.messages.render import Rendered
from slinga.people import log
from slinga.people.ledger import Recorded, broken
from slinga.runtime.db import Db

PART = "/admin/people"
TABS = ("life", "orders", "segments", "journeys", "consents", "identities", "raw")


@get("/admin/people", sync_to_thread=True)
def people(request: Web) -> Response[str]:
    """Find somebody by address, id, name or key; or whoever was active last, or those of a stage."""
    wanted, stage, status = (asked(request, name) for name in ("q", "stage", "status"))
    with pool(request) as db:
        program = programme(db)
        model = program.model(asked(request, "model"))
        if wanted:
            rows = store.found(db, model, wanted, [store.survivor(db, key) for key in _keys(wanted)])
        elif stage:
            rows = store.in_stage(db, model, stage, status)
        else:
            rows = store.recent(db, model)
        return shown(
            request,
            db,
            "people/people",
            part=PART,
            programme=program,
            rows=rows,
            asked=wanted,
            stage=stage,
            status=status,
            model=model,
            most=store.ROWS,
        )


def _keys(asked: str) -> list[str]:
    """The keys a text may stand for: itself, or an identifier of any kind."""
    keys = [person_key(kind, text) for kind in KINDS for text in {asked, asked.lower()}]
    return [*keys, asked.lower()] if is_key(asked) else keys


def is_key(text: str) -> bool:
    """Whether a text can be a person's key or a message's id."""
    return len(text) == 32 and all(c in "0123456789abcdef" for c in text.lower())


def somebody(db: Db, key: str) -> store.Profile:
    """The person of a key, through merges. Raises Missing."""
    found = store.person(db, store.survivor(db, key.lower())) if is_key(key) else None
    if found is None:
        raise Missing("There is nobody with this key.")
    return found


@get("/admin/people/{key:str}", sync_to_thread=True)
def person(request: Web, key: FromPath[str]) -> Response[Any]:
    """Somebody's page: where they stand, and a tab of what is known."""
    with pool(request) as db:
        who = somebody(db, key)
        if who.key != key.lower():
            return Redirect(f"{PART}/{who.key}", status_code=303)
        tab = asked(request, "tab") or "life"
        orders = store.orders(db, who.key)
        seen = store.seen(db, who.key)
        program = programme(db)
        return shown(
            request,
            db,
            "people/person",
            part=PART,
            programme=program,
            who=who,
            title=person_name(who.traits),
            standing=store.standing(db, who.key),
            seen=seen,
            there=header.there(seen, present(db)),
            worth=header.worth(orders),
            tab=tab if tab in TABS else "life",
            startable=_startable(program),
            stages=_stages(program),
            topics=_topics(program),
            done=asked(request, "done"),
            **_tab(request, db, tab, who.key, orders, program),
        )


def _startable(program: Programme) -> dict[str, str]:
    """The live journeys that a member can start somebody in, by key."""
    return {
        key: str(document.get("name") or key)
        for key, document in program.of("journey").items()
        if program.live.get(("journey", key)) and document.get("trigger", {}).get("on") in ("manual", "api")
    }


def _stages(program: Programme) -> list[tuple[str, str]]:
    """(model/stage, its name) of every stage in force."""
    return [
        (f"{key}/{stage['key']}", f"{document.get('name', key)}: {stage.get('name', stage['key'])}")
        for key, document in program.of("model").items()
        for stage in document.get("stages", ())
    ]


def _proven(request: Web, db: Db, ledger: Sequence[Recorded]) -> list[tuple[Recorded, proofs.Proof]]:
    """Every act with its proof, newest first; what a version of the policy said is looked up in it."""
    policies: dict[tuple[str, int], Any] = {}
    out = []
    for row in reversed(ledger):
        named = proofs.policy_of(row.evidence.get("wording_id")) if row.topic else None
        if named and named not in policies:
            policies[named] = store.policy(db, *named)
        shown_then = proofs.said_of(policies[named], row.topic) if named else ""
        out.append((row, proofs.proof(row.evidence, spoken(request), shown_then)))
    return out


def _topics(program: Programme) -> list[tuple[str, str]]:
    """(topic, its name) of every topic that people permit."""
    return [
        (str(topic["key"]), str(topic.get("name") or topic["key"]))
        for policy in program.of("policy").values()
        for topic in policy.get("topics", ())
    ]


def _tab(request: Web, db: Db, tab: str, key: str, orders: Any, program: Programme) -> dict[str, Any]:
    """What the chosen tab needs, and nothing of the others."""
    before = number(asked(request, "before"))
    if tab == "orders":
        return {"orders": orders}
    if tab == "consents":
        ledger = log.ledger(db, (key,))
        return {"ledger": _proven(request, db, ledger), "damaged": broken(ledger)}
    if tab == "identities":
        return {"merges": store.merges(db, key)}
    if tab == "raw":
        rows = store.raw(db, key, before)
        return {"raw": rows, "earlier": rows[-1][0] if len(rows) == 50 else None}
    if tab in ("segments", "journeys"):
        return {}
    sort = asked(request, "sort")
    lines, earlier = jobs.life(db, key, before, program, spoken(request, program))
    if sort in SORTS:
        lines = [line for line in lines if line.sort == sort]
    elif sort != EVERYTHING:
        lines = [line for line in lines if not line.quiet]
    return {"lines": lines, "sort": sort, "sorts": SORTS, "earlier": earlier}


@get("/admin/people/{key:str}/messages/{id:str}", sync_to_thread=True)
def message(request: Web, key: FromPath[str], id: FromPath[str]) -> Response[Any]:
    """One message to somebody: what became of it, why it was sent or not, and how it looked."""
    with pool(request) as db:
        who, row = _message(db, key, id)
        program = programme(db)
        made = jobs.as_sent(db, row, request.app.state.settings.base_url)
        try:
            proof = explain.why(db, who.key, message=row["id"], words=spoken(request, program))
            unknown = ""
        except (Invalid, Missing) as fault:
            proof, unknown = None, fault_said(request, fault)
        return shown(
            request,
            db,
            "people/message",
            part=PART,
            programme=program,
            who=who,
            title=person_name(who.traits),
            row=row,
            attempts=store.attempts(db, who.key, row["id"]),
            made=made if isinstance(made, Rendered) else None,
            proof=proof,
            unknown=unknown,
        )


def _message(db: Db, key: str, id: str) -> tuple[store.Profile, dict[str, Any]]:
    who = somebody(db, key)
    row = store.message(db, who.key, id.lower()) if is_key(id) else None
    if row is None:
        raise Missing("There is no such message to this person.")
    return who, row


@get("/admin/people/{key:str}/messages/{id:str}/html", sync_to_thread=True)
def message_html(request: Web, key: FromPath[str], id: FromPath[str]) -> Response[str]:
    """The message's HTML by itself, for the sandboxed frame: as sent, but for its tokens."""
    with pool(request) as db:
        made = jobs.as_sent(db, _message(db, key, id)[1], request.app.state.settings.base_url)
    html = made.html if isinstance(made, Rendered) else ""
    headers = {**pages.HEADERS, "Content-Security-Policy": HTML_CSP, "Referrer-Policy": "no-referrer"}
    del headers["X-Frame-Options"]
    return Response(html or "", media_type=MediaType.HTML, headers=headers)


@get("/admin/people/{key:str}/why", sync_to_thread=True)
def why(request: Web, key: FromPath[str]) -> Response[Any]:
    """Why somebody is in a journey or is not, or stands where they stand."""
    journey = asked(request, "journey")
    with pool(request) as db:
        who = somebody(db, key)
        program = programme(db)
        try:
            proof = explain.why(db, who.key, journey=journey or None, words=spoken(request, program))
            unknown = ""
        except (Invalid, Missing) as fault:
            proof, unknown = None, fault_said(request, fault)
        return shown(
            request,
            db,
            "people/why",
            part=PART,
            programme=program,
            who=who,
            title=person_name(who.traits),
            journeys={k: str(d.get("name") or k) for k, d in program.of("journey").items()},
            journey=journey,
            proof=proof,
            unknown=unknown,
        )


questions = [people, person, message, message_html, why]
