"""Settings of triage: the priority's weights and the brand's profile. The newest of a kind is in force."""

from collections import defaultdict

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from earful.desk.cases.rules import speaking
from earful.desk.channels import service as channels
from earful.desk.triage import store
from earful.desk.triage.rules import Weighable
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.message import Direction, MessageKind
from earful.model.time import DAY, Instant
from earful.store.audit import Who, record
from earful.store.tx import Tx
from earful.triage import guidance, priority
from earful.triage.priority import DEFAULT, Parts, Weights
from earful.triage.subject import Brand

WEIGHED = "triage.weighed"
"""Weights were saved, or some more cases were weighed by them."""
WHAT_IF_DAYS = 7
WHAT_IF_CASES = 20_000

_encode = msgspec.json.Encoder().encode


class InvalidSettingsError(ValueError):
    """The settings cannot be used; the message says why."""


class Saved(Struct, frozen=True, kw_only=True):
    """What a save did. `before`: the place of what was in force, 0 for how Earful comes."""

    changed: bool
    before: int


class Progress(Struct, frozen=True, kw_only=True):
    """How many open cases have been weighed anew by the newest weights."""

    after: int = 0
    """The number of the last one."""
    done: int = 0
    total: int = 0
    finished: bool = False


_progress = msgspec.json.Decoder(Progress)
_weights = msgspec.json.Decoder(Weights)
_brand = msgspec.json.Decoder(Brand)


def save_weights(tx: Tx, log: Log, who: Who, weights: Weights, now: Instant) -> Saved:
    """Put weights in force for what comes, and let the open cases be weighed anew in the background.

    Raises InvalidSettingsError for weights that cannot be used.
    """
    wrong = priority.problem(weights)
    if wrong:
        raise InvalidSettingsError(wrong)
    row = guidance.newest(tx, guidance.PRIORITY)
    before = int(row["seq"]) if row is not None else 0
    if guidance.weights(tx) == weights:
        return Saved(changed=False, before=before)
    made = new_id(now)
    _insert(tx, made, guidance.PRIORITY, _encode(weights).decode(), who, now)
    record(tx, who, "triage.priority", made, now, _encode(weights).decode())
    progress = Progress(total=store.count_to_weigh(tx))
    log.append(tx, [weighed(made, progress, now, who.id)])
    return Saved(changed=True, before=before)


def weighed(setting_id: str, progress: Progress, now: Instant, actor: str = "") -> NewEvent:
    """The event that says how far weighing is, and makes it go on."""
    data = _encode(progress).decode()
    return NewEvent(type=WEIGHED, subject=setting_id, at=now, actor=actor, data=data)


def restore_weights(tx: Tx, log: Log, who: Who, seq: int, now: Instant) -> Saved:
    """Put earlier weights in force again; 0 for how Earful comes. Raises InvalidSettingsError for others."""
    return save_weights(tx, log, who, _earlier_weights(tx, seq), now)


def _earlier_weights(tx: Tx, seq: int) -> Weights:
    if not seq:
        return DEFAULT
    row = store.setting(tx, seq)
    if row is None or row["kind"] != guidance.PRIORITY:
        raise InvalidSettingsError("There are no such weights; nothing was changed.")
    return _weights.decode(row["data"])


def progress_from(data: str) -> Progress:
    """What an event says."""
    return _progress.decode(data)


def progress(tx: Tx) -> Progress:
    """How far weighing by the newest weights is; finished when nothing says otherwise."""
    row = guidance.newest(tx, guidance.PRIORITY)
    data = store.newest_event(tx, WEIGHED, row["id"]) if row is not None else None
    return Progress(finished=True) if data is None else _progress.decode(data)


def save_brand(tx: Tx, who: Who, brand: Brand, now: Instant) -> Saved:
    """Put a profile in force; what is rated from now on follows it."""
    row = guidance.newest(tx, guidance.BRAND)
    before = int(row["seq"]) if row is not None else 0
    if (guidance.brand(tx) or Brand()) == brand:
        return Saved(changed=False, before=before)
    made = new_id(now)
    _insert(tx, made, guidance.BRAND, _encode(brand).decode(), who, now)
    record(tx, who, "triage.brand", made, now, f"{len(brand.names)} names, {len(brand.handles)} handles")
    return Saved(changed=True, before=before)


def restore_brand(tx: Tx, who: Who, seq: int, now: Instant) -> Saved:
    """Put an earlier profile in force again; 0 for none. Raises InvalidSettingsError when there is none."""
    row = store.setting(tx, seq) if seq else None
    if seq and (row is None or row["kind"] != guidance.BRAND):
        raise InvalidSettingsError("There is no such profile; nothing was changed.")
    return save_brand(tx, who, Brand() if row is None else _brand.decode(row["data"]), now)


def profile(tx: Tx) -> Brand:
    """The profile in force; empty before anybody wrote one."""
    return guidance.brand(tx) or Brand()


def brand_in_force(tx: Tx, configured: str, given: Brand | None = None) -> Brand:
    """Whom triage takes us for: the profile (or `given`), the handles of our channels, and the configured name.

    That name counts only where the profile has none.
    """
    brand = profile(tx) if given is None else given
    known = {handle.casefold().lstrip("@") for handle in brand.handles}
    handles = [one.handle for one in channels.listed(tx) if one.handle]
    more = [handle for handle in handles if handle.casefold().lstrip("@") not in known]
    names = brand.names or ((configured,) if configured else ())
    return replace(brand, names=names, handles=(*brand.handles, *more))


def _insert(tx: Tx, setting_id: str, kind: str, data: str, who: Who, now: Instant) -> None:
    store.insert_setting(tx, {"id": setting_id, "kind": kind, "data": data, "user_id": who.id, "at": now})


class _Rating(Struct, frozen=True):
    """What of a stored rating makes its priority."""

    severity: int
    urgency: str
    tried_before: list[msgspec.Raw]
    churn_risk: float
    sentiment: str
    wants: str
    relevance: float
    reach: float


_rating = msgspec.json.Decoder(_Rating)


class _Heard(Struct, frozen=True):
    message_id: str
    direction: Direction
    kind: MessageKind
    at: int
    deleted: bool
    rating: str | None


def weighable(tx: Tx, now: Instant) -> list[Weighable]:
    """The cases of the last week with the parts of what speaks for them, from the stored ratings."""
    cases = store.recent_cases(tx, now - WHAT_IF_DAYS * DAY, WHAT_IF_CASES)
    heard: dict[str, list[_Heard]] = defaultdict(list)
    for message_id, case_id, direction, kind, at, deleted, rating in store.rated_in(
        tx, [row["id"] for row in cases]
    ):
        one = _Heard(message_id, Direction(direction), MessageKind(kind), at, bool(deleted), rating)
        heard[case_id].append(one)
    found = []
    for row in cases:
        spoken = tuple(_parts(one.rating) for one in speaking(heard[row["id"]]) if one.rating)
        if spoken:
            found.append(
                Weighable(
                    case_id=row["id"],
                    number=row["number"],
                    title=row["title"],
                    person_name=row["person_name"],
                    last_message_at=row["last_message_at"],
                    spoken=spoken,
                )
            )
    return found


def _parts(data: str) -> Parts:
    one = _rating.decode(data)
    return Parts(
        severity=one.severity,
        urgency=one.urgency,
        tried=len(one.tried_before),
        churn_risk=one.churn_risk,
        sentiment=one.sentiment,
        wants=one.wants,
        relevance=one.relevance,
        reach=one.reach,
    )
