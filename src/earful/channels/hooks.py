"""What a network pushes: the seam between a webhook of its own kind and Earful.

A hook is built from a channel's settings and secrets. It proves a delivery on its raw bytes and, later, reads it;
it does neither I/O nor keep anything, so that what was kept unread can be read again after an update.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from msgspec import Struct

from earful.channels.contract import RawDelivery
from earful.model.message import IncomingMessage, Network
from earful.model.time import Instant


class Asked(Struct, frozen=True, kw_only=True):
    """A request of a network, as it came."""

    method: str
    url: str
    """As the network calls it: our address as configured, with path and query, whatever a proxy made of it."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = b""


class Answer(Struct, frozen=True, kw_only=True):
    """What the network gets to read."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"


class Proof(Struct, frozen=True, kw_only=True):
    """A delivery is believed."""

    verified_by: str
    """The rule: `x-hmac-sha256`, `meta-hub-sha256`, `telegram-secret-token`, ..."""
    native_delivery_id: str = ""
    """Where the network numbers deliveries: a repeat is acknowledged and not stored again."""
    answer: Answer | None = None
    """What this one is answered once it is kept, where that is not the same for all."""


class Report(Struct, frozen=True, kw_only=True):
    """What the network says became of a reply of ours."""

    native_id: str
    state: str
    """`delivered`, `read` or `failed`."""
    at: datetime
    namespace: str = ""
    why: str = ""
    """Of a failure, in words for an agent."""
    client_id: str = ""
    """Our outbox id, where the network tells it back: proof that a reply is out whose answer was lost."""


class ReadUntil(Struct, frozen=True, kw_only=True):
    """A customer read all of a private conversation up to a moment: some networks tell that, and not what."""

    thread: str
    at: datetime
    namespace: str = ""


class EraseAsked(Struct, frozen=True, kw_only=True):
    """Somebody wants their data deleted, and said so at the network."""

    native_id: str
    number: str
    """What was given out to look how far it is."""


class Part(Struct, frozen=True, kw_only=True):
    """What one delivery says to one account. Networks put several accounts of an app into one."""

    network: Network
    account: str = ""
    """Native id of our account; empty for the channel that was called."""
    messages: list[IncomingMessage] = []
    reports: list[Report] = []
    read: list[ReadUntil] = []
    strange: list[str] = []
    """Kinds that this version cannot read, one word each: counted, shown in the ledger, and kept raw."""
    wanted: list[str] = []
    """Native ids that came without their content; the connector fetches them: `kind:id`."""
    erase: list["EraseAsked"] = []
    """Whose data is to be deleted, as the network asks."""
    told: list[str] = []
    """What else changed at the account, one word each (`templates`): whoever it concerns reads it there anew."""
    revoked: str = ""
    """Why the account let us go, in words; empty while it has not."""


class Opened(Struct, frozen=True, kw_only=True):
    """How long a message lets us answer freely, where the network names more than its usual time."""

    seconds: int
    because: str
    """`ad`: the customer came by an advertisement."""


@runtime_checkable
class AboutPeople(Protocol):
    """A hook whose network also tells what people want done with their data, at addresses below the hook's own."""

    places: frozenset[str]
    """The last part of those addresses."""


class Unreadable(ValueError):
    """A delivery that is proved but cannot be read; the message says where. It is kept raw."""


class Hook(Protocol):
    """A network's webhook."""

    accepted: Answer
    """What it wants to hear once a delivery is kept."""
    refusal: int
    """The status for a delivery that is not believed: 401, or 2xx where the network's rule says so."""
    app: str
    """Names whose secret proves a delivery, without telling it. Only channels of one app may be in one delivery."""

    def challenge(self, asked: Asked) -> Answer | None:
        """The answer to a question that proves the address to be ours; None when this is no question."""
        ...

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """Prove a delivery, in constant time, on the bytes as received. Raises SignatureRefused."""
        ...

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """Read a delivery; `now` is when it was received. Raises Unreadable; one strange item must not cost its
        neighbours."""
        ...


@runtime_checkable
class ByQuery(Protocol):
    """A hook that is called by GET with all that is said in the query, which is then the body of the delivery."""

    by_query: bool


@runtime_checkable
class Opens(Protocol):
    """A hook that knows by its channel's settings which messages open a longer window than others."""

    def opens(self, message: IncomingMessage) -> Opened | None:
        """What a message opens; None for the usual time."""
        ...
