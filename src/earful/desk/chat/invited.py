"""Customers whom a handoff brought to the chat: they are known, and their case goes on."""

from earful.desk.chat import service
from earful.desk.chat.rules import Said
from earful.desk.chat.service import Visitor
from earful.desk.handoff import arriving
from earful.desk.handoff.rules import Way
from earful.desk.handoff.service import RefusedError as HandoffRefused
from earful.desk.media import service as media
from earful.log.contract import Log
from earful.model.time import Instant
from earful.store.tx import Tx

GONE = "This link does not open anything any more; nothing was sent."


def is_open(tx: Tx, secret: str, link: str, key: str, now: Instant) -> bool:
    """Whether a browser may write behind a link."""
    _, fault = arriving.behind(tx, secret, link, service.digest(key), now)
    return fault is None


def say(tx: Tx, log: Log, secret: str, channel_id: str, key: str, said: Said, now: Instant) -> Visitor:
    """Keep what a customer writes behind a link. The first time they have arrived. Raises service.RefusedError."""
    row, fault = arriving.behind(tx, secret, said.link, service.digest(key), now)
    if row is None or fault is not None:
        raise service.RefusedError(GONE)
    visitor = service.meet(tx, channel_id, key, now, row["person_name"])
    service.may_write(visitor)
    try:
        arriving.with_thread(
            tx, log, row, service.digest(key), visitor.actor, Way.CHAT, channel_id, visitor.id, now
        )
    except HandoffRefused as error:
        raise service.RefusedError(str(error)) from error
    return service.say(tx, log, visitor, said, media.uploaded(tx, visitor.id, said.files), now)
