"""Users, sessions, sign-in and API tokens."""

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from earful.desk.users import rules, store
from earful.desk.users.rules import Permission
from earful.model.desk import Role, UserRef
from earful.model.ids import new_id
from earful.model.time import MINUTE, Instant
from earful.store.audit import EARFUL, Who, record
from earful.store.tx import Row, Tx

TOKEN_PREFIX = "earful_"  # noqa: S105 - a mark that secret scanners can find, not a secret
_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Checked when an e-mail is unknown, so that the time taken does not tell."""
    return _hasher.hash(secrets.token_urlsafe(16))


class InvalidError(ValueError):
    """Input that cannot be used; the message says which field and why."""


class Session(Struct, frozen=True, kw_only=True):
    """Somebody signed in."""

    user: UserRef
    sign_off: str
    permissions: frozenset[Permission]
    token_hash: bytes


class TokenHolder(Struct, frozen=True, kw_only=True):
    """A program with an API token."""

    id: str
    name: str
    permissions: frozenset[Permission]


def user_ref(row: Row) -> UserRef:
    """A user as pages show it."""
    return UserRef(id=row["id"], name=row["name"], email=row["email"], role=Role(row["role"]))


def create_user(
    tx: Tx, who: Who, *, email: str, name: str, role: Role, password: str | None, now: Instant
) -> UserRef:
    """Create a user; without a password they can only come by a sign-in link.

    Raises InvalidError when the e-mail, name or password cannot be used or the e-mail is taken.
    """
    email = email.strip().lower()
    problem = rules.email_problem(email)
    if problem is None and password is not None:
        problem = rules.password_problem(password, email)
    if problem is None and not name.strip():
        problem = "Write the name that colleagues and customers will see."
    if problem is None and store.by_email(tx, email) is not None:
        problem = f"{email} already has an account."
    if problem:
        raise InvalidError(problem)
    name = name.strip()
    row = {
        "id": new_id(now),
        "email": email,
        "name": name,
        "password_hash": _hasher.hash(password) if password is not None else "",
        "role": role.value,
        "sign_off": "^" + "".join(part[0] for part in name.split()[:2]).upper(),
        "active": True,
        "created_at": now,
    }
    store.insert_user(tx, row)
    record(tx, who, "user.create", str(row["id"]), now, f"{email} as {role.value}")
    return UserRef(id=str(row["id"]), name=name, email=email, role=role)


def change_user(
    tx: Tx,
    who: Who,
    user_id: str,
    *,
    role: Role | None = None,
    active: bool | None = None,
    sign_off: str | None = None,
    password: str | None = None,
    now: Instant,
) -> None:
    """Change what is given. Raises InvalidError when nobody active would be left to manage users."""
    row = store.by_id(tx, user_id)
    if row is None:
        raise InvalidError("This user does not exist.")
    values: dict[str, object] = {}
    if role is not None:
        values["role"] = role.value
    if active is not None:
        values["active"] = active
    if sign_off is not None:
        values["sign_off"] = sign_off.strip()[:20]
    if password is not None:
        problem = rules.password_problem(password, row["email"])
        if problem:
            raise InvalidError(problem)
        values["password_hash"] = _hasher.hash(password)
    loses_admin = row["role"] == Role.ADMIN and (role not in (None, Role.ADMIN) or active is False)
    if loses_admin and not _other_admins(tx, user_id):
        raise InvalidError("This is the last active admin; make somebody else admin first.")
    store.update_user(tx, user_id, values)
    if active is False or password is not None:
        store.drop_sessions_of(tx, user_id)
    record(tx, who, "user.change", user_id, now, ", ".join(sorted(values)))


def _other_admins(tx: Tx, user_id: str) -> bool:
    return any(
        row["active"] and row["role"] == Role.ADMIN for row in store.all_users(tx) if row["id"] != user_id
    )


def check_password(row: Row | None, password: str) -> bool:
    """Whether a password is right, in the same time for an unknown user. Slow: never in a write."""
    stored = row["password_hash"] if row is not None and row["password_hash"] else _nobody()
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return row is not None and bool(row["password_hash"]) and bool(row["active"])


def may_try(tx: Tx, email: str, address: str, now: Instant) -> bool:
    """Whether another sign-in may be tried: see `rules.FAILURES_PER_USER`."""
    since = now - rules.FAILURE_WINDOW
    return (
        store.failures(tx, f"address:{address}", since) < rules.FAILURES_PER_ADDRESS
        and store.failures(tx, f"email:{email}", since) < rules.FAILURES_PER_USER
    )


def note_failure(tx: Tx, email: str, address: str, now: Instant) -> None:
    """Count a failed sign-in for the address and for the e-mail."""
    store.insert_failure(tx, f"address:{address}", now)
    store.insert_failure(tx, f"email:{email}", now)
    record(tx, Who(id="", address=address), "sign_in.failed", email, now)


def start_session(tx: Tx, user_id: str, *, agent: str, address: str, now: Instant) -> str:
    """Start a session; returns the cookie's token, of which only a hash is kept."""
    token = secrets.token_urlsafe(32)
    store.drop_expired(tx, now, now - 2 * rules.FAILURE_WINDOW)
    store.insert_session(
        tx,
        {
            "token_hash": digest(token),
            "user_id": user_id,
            "created_at": now,
            "expires_at": now + rules.SESSION_LENGTH,
            "seen_at": now,
            "agent": agent[:200],
            "address": address,
        },
    )
    record(tx, Who(id=user_id, address=address), "sign_in", user_id, now)
    return token


def end_session(tx: Tx, session: Session, address: str, now: Instant) -> None:
    """Sign out."""
    store.drop_session(tx, session.token_hash)
    record(tx, Who(id=session.user.id, address=address), "sign_out", session.user.id, now)


def find_session(tx: Tx, token: str, now: Instant) -> tuple[Session, bool] | None:
    """Who a cookie belongs to, and whether the session's last use should be noted again."""
    row = store.session(tx, digest(token))
    if row is None or row["expires_at"] < now or not row["active"]:
        return None
    user = user_ref(row)
    session = Session(
        user=user,
        sign_off=row["sign_off"],
        permissions=rules.OF_ROLE[user.role],
        token_hash=row["token_hash"],
    )
    return session, now - row["seen_at"] > 10 * MINUTE


def touch_session(tx: Tx, session: Session, now: Instant) -> None:
    """Note that a session is in use."""
    store.touch_session(tx, session.token_hash, now)


def make_link(tx: Tx, user_id: str, now: Instant) -> str:
    """A token that signs a user in once, within twelve hours."""
    token = secrets.token_urlsafe(32)
    expires = now + rules.LINK_LENGTH
    store.insert_link(tx, {"token_hash": digest(token), "user_id": user_id, "expires_at": expires})
    return token


def use_link(tx: Tx, token: str, now: Instant) -> str | None:
    """The user of a link, which is then used up; None when it cannot be used (any more)."""
    user_id = store.use_link(tx, digest(token), now)
    row = store.by_id(tx, user_id) if user_id else None
    return user_id if row is not None and row["active"] else None


def create_token(tx: Tx, who: Who, *, name: str, scopes: list[Permission], now: Instant) -> str:
    """An API token, shown once. Raises InvalidError for a scope that tokens cannot have."""
    if not name.strip():
        raise InvalidError("Name the program that will use the token.")
    refused = [scope for scope in scopes if scope not in rules.TOKEN_SCOPES]
    if refused or not scopes:
        raise InvalidError(f"Choose scopes among: {', '.join(rules.TOKEN_SCOPES)}.")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token_id = new_id(now)
    store.insert_token(
        tx,
        {
            "id": token_id,
            "token_hash": digest(token),
            "name": name.strip(),
            "scopes": " ".join(scopes),
            "created_by": who.id,
            "created_at": now,
        },
    )
    record(tx, who, "token.create", token_id, now, " ".join(scopes))
    return token


def revoke_token(tx: Tx, who: Who, token_id: str, now: Instant) -> None:
    """Take a token out of force at once. Raises InvalidError when it is not in force."""
    if not store.revoke_token(tx, token_id, now):
        raise InvalidError("This token does not exist or was revoked before.")
    record(tx, who, "token.revoke", token_id, now)


def find_token(tx: Tx, token: str, now: Instant) -> tuple[TokenHolder, bool] | None:
    """Who an API token belongs to, and whether its last use should be noted again."""
    row = store.token(tx, digest(token)) if token.startswith(TOKEN_PREFIX) else None
    if row is None:
        return None
    permissions = frozenset(Permission(scope) for scope in row["scopes"].split())
    stale = row["used_at"] is None or now - row["used_at"] > 10 * MINUTE
    return TokenHolder(id=row["id"], name=row["name"], permissions=permissions), stale


def acting(tx: Tx, who: Who, user_id: str, permission: Permission, now: Instant) -> Who:
    """Somebody in whose name a program acts, noted in the audit log. Raises InvalidError when they may not."""
    row = store.by_id(tx, user_id)
    if row is None or not row["active"]:
        raise InvalidError("`user_id`: there is no such active colleague; nothing was changed.")
    if permission not in rules.OF_ROLE[Role(row["role"])]:
        raise InvalidError(f"{row['name']} may not do this themselves ({permission}); nothing was changed.")
    record(tx, who, "token.acts_for", user_id, now, permission)
    return Who(id=user_id, name=row["name"], address=who.address)


def touch_token(tx: Tx, token_id: str, now: Instant) -> None:
    """Note that a token is in use."""
    store.touch_token(tx, token_id, now)


def colleagues(tx: Tx) -> list[UserRef]:
    """Everybody active, by name."""
    return [user_ref(row) for row in store.all_users(tx) if row["active"]]


def digest(token: str) -> bytes:
    """What is kept of a token: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).digest()


def link_for(tx: Tx, email: str, now: Instant) -> str:
    """A sign-in link's token for an e-mail. Raises InvalidError when nobody active has it."""
    row = store.by_email(tx, email.strip().lower())
    if row is None or not row["active"]:
        raise InvalidError(f"Nobody active has the e-mail {email}.")
    record(tx, EARFUL, "sign_in.link", row["id"], now)
    return make_link(tx, row["id"], now)


def anybody(tx: Tx) -> bool:
    """Whether there is any user yet."""
    return store.any_user(tx)


def row_for_sign_in(tx: Tx, email: str) -> Row | None:
    """What `check_password` needs."""
    return store.by_email(tx, email)


class Colleague(Struct, frozen=True, kw_only=True):
    """A user as the settings show one."""

    user: UserRef
    active: bool
    sign_off: str
    seen_at: int | None
    open_cases: int


def everybody(tx: Tx) -> list[Colleague]:
    """All users, also those who were switched off."""
    seen, cases = store.last_seen(tx), store.open_cases(tx)
    return [
        Colleague(
            user=user_ref(row),
            active=row["active"],
            sign_off=row["sign_off"],
            seen_at=seen.get(row["id"]),
            open_cases=cases.get(row["id"], 0),
        )
        for row in store.all_users(tx)
    ]


class Token(Struct, frozen=True, kw_only=True):
    """An API token in force, without its secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: int
    used_at: int | None


def tokens(tx: Tx) -> list[Token]:
    """Tokens in force, newest first."""
    names = {row["id"]: row["name"] for row in store.all_users(tx)}
    return [
        Token(
            id=row["id"],
            name=row["name"],
            scopes=tuple(row["scopes"].split()),
            created_by=names.get(row["created_by"], ""),
            created_at=row["created_at"],
            used_at=row["used_at"],
        )
        for row in store.all_tokens(tx)
        if row["revoked_at"] is None
    ]


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One line of the audit log, with a name for who did it."""

    number: int
    at: int
    who: str
    action: str
    detail: str
    address: str


def audit_lines(tx: Tx, before: int | None, limit: int) -> list[AuditEntry]:
    """The newest lines, or those before a number."""
    names = {row["id"]: row["name"] for row in store.all_users(tx)}
    names |= {f"token:{row['id']}": f"token {row['name']}" for row in store.all_tokens(tx)}
    return [
        AuditEntry(
            number=row["id"],
            at=row["at"],
            who=str(names.get(row["actor"], row["actor"] or "Earful")),
            action=row["action"],
            detail=row["detail"],
            address=row["address"],
        )
        for row in store.audit_rows(tx, before, limit)
    ]
