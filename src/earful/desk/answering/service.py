"""How the workspace and each colleague answer: how long a reply can be taken back, sign-offs, and what is ours."""

from collections.abc import Mapping

from msgspec import Struct

from earful.desk import settings as kept
from earful.desk.answering import rules
from earful.desk.answering.rules import Found
from earful.desk.channels import service as channels
from earful.desk.handoff import rules as codes
from earful.desk.handoff import service as handoffs
from earful.model.message import Network, Visibility
from earful.model.time import SECOND, Instant
from earful.store.audit import Who
from earful.store.tx import Tx

KIND = "answering"
MOST_SECONDS = 120
CONTACTS, CONTACT_LENGTH = 100, 200
SIGN_OFF = 40


class RefusedError(ValueError):
    """The settings cannot be used; the message says why."""


class Answering(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What holds for everybody."""

    undo_seconds: int = 10
    """Seconds until a reply goes out, 0 to `MOST_SECONDS`."""
    contacts: list[str] = []
    """Phone numbers, addresses and the like that are ours and may stand in a public reply."""


class Habits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one colleague chose for themselves."""

    undo_seconds: int | None = None
    sign_offs: dict[str, str] = {}
    """Channel id -> sign-off there, instead of the usual one."""


def settings(tx: Tx) -> Answering:
    """What is in force for everybody."""
    return kept.in_force(tx, KIND, Answering)


def save(tx: Tx, who: Who, wanted: Answering, now: Instant) -> tuple[bool, int]:
    """Put settings in force; see `desk.settings.keep`. Raises RefusedError."""
    if not 0 <= wanted.undo_seconds <= MOST_SECONDS:
        raise RefusedError(f"Choose 0 to {MOST_SECONDS} seconds.")
    if len(wanted.contacts) > CONTACTS or any(len(one) > CONTACT_LENGTH for one in wanted.contacts):
        raise RefusedError(f"At most {CONTACTS} lines of {CONTACT_LENGTH} characters.")
    return kept.keep(tx, who, KIND, wanted, now)


def restore(tx: Tx, who: Who, place: int, now: Instant) -> None:
    """Undo a save. Raises RefusedError when nothing was in force at that place."""
    if not kept.restore(tx, who, KIND, Answering, place, now):
        raise RefusedError("There are no such settings; nothing was changed.")


def habits(tx: Tx, user_id: str) -> Habits:
    """What a colleague chose."""
    return kept.in_force(tx, f"{KIND}:{user_id}", Habits)


def save_habits(tx: Tx, who: Who, wanted: Habits, now: Instant) -> None:
    """Keep what a colleague chose for themselves. Raises RefusedError."""
    if wanted.undo_seconds is not None and not 0 <= wanted.undo_seconds <= MOST_SECONDS:
        raise RefusedError(f"Choose 0 to {MOST_SECONDS} seconds.")
    if any(len(one) > SIGN_OFF for one in wanted.sign_offs.values()):
        raise RefusedError(f"A sign-off has at most {SIGN_OFF} characters.")
    kept.keep(tx, who, f"{KIND}:{who.id}", wanted, now)


def delay(tx: Tx, user_id: str) -> int:
    """Milliseconds until a colleague's reply goes out."""
    own = habits(tx, user_id).undo_seconds
    return (settings(tx).undo_seconds if own is None else own) * SECOND


def sign_off(tx: Tx, user_id: str, channel_id: str, usual: str) -> str:
    """How a colleague signs on a channel."""
    own: Mapping[str, str] = habits(tx, user_id).sign_offs
    return own.get(channel_id, "") or usual


def private_in(tx: Tx, text: str, audience: Visibility) -> list[Found]:
    """Private data that others than those addressed would see; an empty list for a private reply."""
    if not rules.in_public(audience):
        return []
    found = rules.private_in(text)
    return rules.private_in(text, own(tx, text)) if found else found


def own(tx: Tx, text: str) -> list[str]:
    """What is ours in a text: contacts, our channels' handles and addresses, and the codes of handoffs."""
    ours = [*settings(tx).contacts, handoffs.settings(tx).number, *codes.codes_in(text)]
    for one in channels.listed(tx):
        ours.append(one.handle)
        if one.network is Network.EMAIL:
            ours.append(str(one.settings.get("address", "")))
    return ours
