"""The team over HTTP: members, roles, invitations, keys and the audit log.

In: an owner's forms. Out: pages; addresses and keys that are shown once.
Always true: a text shown once is the answer to the press itself and stands at no address that can be opened
again; the last owner stays one.
"""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access import jobs as access
from slinga.access.factor import jobs as factor
from slinga.access.members import jobs as team
from slinga.access.roles import PERMISSIONS, ROLES, role_of
from slinga.access.scopes import SCOPES
from slinga.admin.shell.api import Web, asked, changed, fault_said, fields, form, me, number, pool, shown
from slinga.kernel.errors import SlingaError
from slinga.runtime.db import Db

PART = "/admin/team"
ROWS = 100


def _members(request: Web, db: Db, fault: str = "", **values: Any) -> Response[str]:
    shown_once: dict[str, Any] = {"address": "", "whom": "", "email": "", "role": "marketer"} | values
    return shown(
        request,
        db,
        "team/members",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        me=me(request),
        members=team.members(db),
        invitations=team.invitations(db),
        roles=ROLES,
        permissions=PERMISSIONS,
        required=factor.required(db),
        **shown_once,
    )


@get(PART, sync_to_thread=True)
def members(request: Web) -> Response[str]:
    """Who belongs to the team, what each may, and who is invited."""
    with pool(request) as db:
        return _members(request, db)


async def _change(request: Web, change: Callable[[Db], object]) -> Response[Any]:
    """Do what a form asks and show the team; the page says why where it is refused."""
    await form(request)
    return changed(request, change, lambda db, fault: _members(request, db, fault_said(request, fault)), PART)


@post(f"{PART}/invitations")
async def invite(request: Web) -> Response[Any]:
    """Invite somebody; the answer shows the address to hand over, once."""
    given = await form(request)
    email = given.get("email", "")[:320]
    with pool(request) as db:
        try:
            role = role_of(given.get("role", ""))
            address = team.invite(db, me(request), email, role, request.app.state.settings.base_url)
        except SlingaError as fault:
            return _members(request, db, fault_said(request, fault), email=email, role=given.get("role", ""))
        return _members(request, db, address=address, whom=email)


@post(f"{PART}/invitations/{{invitation:int}}/withdraw")
async def withdraw_invitation(request: Web, invitation: FromPath[int]) -> Response[Any]:
    """Let an invitation be accepted no more."""
    return await _change(request, lambda db: team.withdraw_invitation(db, me(request), invitation))


@post(f"{PART}/members/{{number:int}}/role")
async def change_role(request: Web, number: FromPath[int]) -> Response[Any]:
    """Give a member another role."""
    wanted = (await form(request)).get("role", "")
    return await _change(request, lambda db: team.change_role(db, me(request), number, role_of(wanted)))


@post(f"{PART}/members/{{number:int}}/disable")
async def disable(request: Web, number: FromPath[int]) -> Response[Any]:
    """Let a member in no more."""
    return await _change(request, lambda db: team.disable(db, me(request), number))


@post(f"{PART}/members/{{number:int}}/enable")
async def enable(request: Web, number: FromPath[int]) -> Response[Any]:
    """Let a disabled member in again."""
    return await _change(request, lambda db: team.enable(db, me(request), number))


@post(f"{PART}/members/{{number:int}}/second-factor")
async def drop_factor(request: Web, number: FromPath[int]) -> Response[Any]:
    """Take a member's second factor away, for somebody who lost their phone."""
    return await _change(
        request, lambda db: factor.take_away(db, me(request).actor, access.member(db, number))
    )


@post(f"{PART}/second-factor")
async def require_factor(request: Web) -> Response[Any]:
    """Want a second factor of everybody, or of nobody."""
    wanted = "required" in await form(request)
    return await _change(request, lambda db: factor.require(db, me(request), wanted))


@post(f"{PART}/members/{{number:int}}/address")
async def new_address(request: Web, number: FromPath[int]) -> Response[Any]:
    """A one-time address for a member who forgot their password, shown once."""
    await form(request)
    with pool(request) as db:
        try:
            found = access.member(db, number)
            address = team.recover(db, me(request), found, request.app.state.settings.base_url)
        except SlingaError as fault:
            return _members(request, db, fault_said(request, fault))
        return _members(request, db, address=address, whom=found.email)


def _keys(request: Web, db: Db, fault: str = "", text: str = "", **given: str) -> Response[str]:
    return shown(
        request,
        db,
        "team/keys",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        text=text,
        given=given,
        keys=access.keys(db),
        identity_keys=access.identity_keys(db),
        scopes=SCOPES,
    )


@get(f"{PART}/keys", sync_to_thread=True)
def keys(request: Web) -> Response[str]:
    """The keys of programs and of sites, without their texts."""
    with pool(request) as db:
        return _keys(request, db)


@post(f"{PART}/keys")
async def add_key(request: Web) -> Response[Any]:
    """Make a secret key; the answer shows its text, once."""
    sent = await fields(request)
    given, scopes = dict(sent), [value for name, value in sent if name == "scope"]
    with pool(request) as db:
        try:
            source = given.get("source", "")[:200]
            with db.transaction():
                text = access.add_key(db, "secret", source, trust=2, scopes=scopes)
                access.audit(db, me(request).actor, "add_key", f"secret/{source}", scopes=scopes)
        except SlingaError as fault:
            return _keys(request, db, fault_said(request, fault), **given)
        return _keys(request, db, text=text)


async def _withdraw(request: Web, name: str, number: int, withdraw: Callable[[Db, int], None]) -> Redirect:
    await form(request)
    with pool(request) as db, db.transaction():
        withdraw(db, number)
        access.audit(db, me(request).actor, f"withdraw_{name}", str(number))
    return Redirect(f"{PART}/keys", status_code=303)


@post(f"{PART}/keys/{{number:int}}/withdraw", status_code=303)
async def withdraw_key(request: Web, number: FromPath[int]) -> Redirect:
    """Let a key work no more. Raises Missing."""
    return await _withdraw(request, "key", number, access.withdraw_key)


@post(f"{PART}/identity-keys", status_code=303)
async def add_identity_key(request: Web) -> Response[Any]:
    """Keep a public key by which a source's identity tokens are checked."""
    given = await form(request)

    def add(db: Db) -> None:
        with db.transaction():
            source, required = given.get("source", "")[:200], "required" in given
            made = access.add_identity_key(db, source, given.get("key", ""), required=required)
            access.audit(db, me(request).actor, "add_identity_key", str(made), source=source)

    return changed(
        request, add, lambda db, fault: _keys(request, db, fault_said(request, fault)), f"{PART}/keys"
    )


@post(f"{PART}/identity-keys/{{number:int}}/withdraw", status_code=303)
async def withdraw_identity_key(request: Web, number: FromPath[int]) -> Redirect:
    """Let an identity key prove nothing any more. Raises Missing."""
    return await _withdraw(request, "identity_key", number, access.withdraw_identity_key)


@get(f"{PART}/audit", sync_to_thread=True)
def audit(request: Web) -> Response[str]:
    """Who did what, newest first, and whether the chain verifies."""
    actor, action = asked(request, "actor"), asked(request, "action")
    before = number(asked(request, "before")) or 2**62
    check = "check" in request.query_params
    with pool(request) as db:
        rows = access.audited(db, before=before, limit=ROWS + 1, actor=actor, action=action)
        return shown(
            request,
            db,
            "team/audit",
            part=PART,
            rows=rows[:ROWS],
            older=rows[ROWS - 1].n if len(rows) > ROWS else 0,
            actor=actor,
            action=action,
            names={each.actor: each.name for each in team.members(db)},
            checked=check,
            damaged=access.audit_broken(db) if check else 0,
        )


routes = [
    members,
    invite,
    withdraw_invitation,
    change_role,
    disable,
    enable,
    drop_factor,
    require_factor,
    new_address,
    keys,
    add_key,
    withdraw_key,
    add_identity_key,
    withdraw_identity_key,
    audit,
]
