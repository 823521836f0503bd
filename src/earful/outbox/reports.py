"""How far replies came, as their networks report it."""

from earful.channels.contract import Sent
from earful.log.contract import Log
from earful.model.desk import SendState
from earful.model.time import Instant, moment
from earful.outbox import rules, service, store
from earful.store.tx import Tx


def native_key(tx: Tx, reply_id: str) -> tuple[str, str, str] | None:
    """(channel, namespace, native id) of a reply that is out."""
    row = store.find(tx, reply_id)
    if row is None or row["native_id"] is None:
        return None
    return row["channel_id"], row["namespace"] or "", row["native_id"]


def prove(tx: Tx, log: Log, reply_id: str, key: tuple[str, str, str], at: int, now: Instant) -> None:
    """The network names a reply of ours by our own id: if its fate was unknown, it is known now."""
    row = store.find(tx, reply_id)
    channel_id, namespace, native_id = key
    if row is not None and row["channel_id"] == channel_id and row["state"] == SendState.UNKNOWN:
        proof = Sent(native_id=native_id, namespace=namespace, occurred_at=moment(Instant(at)))
        service.sent(tx, log, reply_id, proof, now)


def report(tx: Tx, log: Log, key: tuple[str, str, str], said: SendState, why: str, now: Instant) -> None:
    """The network says how far a reply came. One that we did not send from here is nobody's."""
    row = store.by_native_id(tx, *key)
    if row is None:
        return
    stands = SendState(row["state"])
    state = rules.reported(stands, said)
    if state is stands:
        return
    error = why[:1_000] if state is SendState.FAILED else ""
    store.change(tx, row["id"], stands.value, {"state": state.value, "error": error})
    service.tell(tx, log, row["id"], row["case_id"], state, now)
