"""What an owner does with the team: invite, give roles, disable.

In: the owner, a number, a role. Out: an address to hand over; changed members.
Always true: the last owner who can come in is neither demoted nor disabled, also when two owners try it at
one instant; an invitation works once, and no longer than whoever invited is an owner.
"""

from slinga.access.jobs import INVITATION_LASTS_S, add_member, address_of, audit, member, sign_in_link
from slinga.access.keys import hash_of
from slinga.access.members import store as team
from slinga.access.model import Invitation, Member
from slinga.access.roles import Role
from slinga.kernel.errors import Conflict, Forbidden, Missing
from slinga.kernel.ids import new_token
from slinga.runtime.db import Db


def members(db: Db) -> list[Member]:
    """All members, disabled ones too, the first first."""
    return team.everybody(db)


def owners(db: Db) -> list[Member]:
    """The owners who can come in."""
    return team.owners(db)


def invitations(db: Db) -> list[Invitation]:
    """Those that can still be accepted, the newest first."""
    return team.invitations(db)


def invite(db: Db, by: Member, email: str, role: Role, base_url: str) -> str:
    """An address by which somebody becomes a member, once, within seven days; it cannot be had again.

    An older invitation to the same e-mail works no more. Raises Invalid, Conflict for who is a member.
    """
    to, token = address_of(email), new_token(24)
    with db.transaction():
        if team.by_email(db, to) is not None:
            raise Conflict("There is a member with this e-mail already.", field="email")
        number = team.invite(
            db, hashed=hash_of(token), email=to, role=role, by=by.id, seconds=INVITATION_LASTS_S
        )
        audit(db, by.actor, "invite", f"invitation/{number}", role=role)
    return f"{base_url}/invitations/{token}"


def invitation(db: Db, token: str) -> Invitation | None:
    """The invitation of an address while it can be accepted; asking does not use it up."""
    return team.invitation(db, hash_of(token))


def accept(db: Db, token: str, *, name: str, hashed: str, locale: str) -> Member:
    """Become a member. Raises Forbidden for a used or old invitation, Invalid, Conflict."""
    with db.transaction():
        found = team.use_invitation(db, hash_of(token))
        if found is None:
            raise Forbidden("This invitation has been used, was withdrawn or is too old. Ask for another.")
        return add_member(
            db,
            found.email,
            name,
            found.role,
            hashed=hashed,
            locale=locale,
            actor=f"invitation:{found.id}",
        )


def withdraw_invitation(db: Db, by: Member, number: int) -> None:
    """Let an invitation be accepted no more. Raises Missing."""
    with db.transaction():
        if not team.withdraw_invitation(db, number):
            raise Missing("This invitation has been accepted or withdrawn already.")
        audit(db, by.actor, "withdraw_invitation", f"invitation/{number}")


def change_role(db: Db, by: Member, number: int, role: Role) -> None:
    """Give a member another role; their sessions end. Raises Missing, Conflict for the last owner."""
    with db.transaction():
        team.hold(db)
        found = member(db, number)
        if found.role == role:
            return
        _keep_an_owner(db, found)
        team.set_role(db, number, role)
        audit(db, by.actor, "change_role", f"member/{number}", role=role, before=found.role)


def disable(db: Db, by: Member, number: int) -> None:
    """Let a member in no more; sessions and one-time addresses end. Raises Missing, Conflict."""
    with db.transaction():
        team.hold(db)
        _keep_an_owner(db, member(db, number))
        team.disable(db, number)
        team.forget_links(db, str(number))
        audit(db, by.actor, "disable_member", f"member/{number}")


def enable(db: Db, by: Member, number: int) -> None:
    """Let a disabled member in again, with the password they had. Raises Missing."""
    with db.transaction():
        member(db, number)
        team.enable(db, number)
        audit(db, by.actor, "enable_member", f"member/{number}")


def recover(db: Db, by: Member, found: Member, base_url: str) -> str:
    """A one-time address for a member who forgot their password. Raises Conflict for who is disabled."""
    with db.transaction():
        address = sign_in_link(db, base_url, found.email)
        audit(db, by.actor, "recover_member", f"member/{found.id}")
    return address


def _keep_an_owner(db: Db, found: Member) -> None:
    if [owner.id for owner in team.owners(db)] == [found.id]:
        raise Conflict("This is the last owner. Make somebody else an owner first.")
