"""What every simulated network has: its world, its knobs, how a desk connects to it, and what it pushes."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, ClassVar

import httpx2
import msgspec
from msgspec import Struct

from earful.channels.hooks import Answer, Asked
from earful.model.message import Network
from earful.model.time import Instant
from earful.playground.networks.knobs import OF_REQUESTS, Fault, Knobs
from earful.playground.networks.world import Account, Happened, Said, SentFile, World


class Pushed(Struct, frozen=True, kw_only=True):
    """A delivery on its way to the desk. The network's own rule says how it is signed."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class Violation(Struct, frozen=True, kw_only=True):
    """A request of ours that the network's published contract does not allow."""

    request: str
    problem: str


class Wiring(Struct, frozen=True, kw_only=True):
    """What a channel form gets so that the desk talks to a simulated network."""

    settings: dict[str, Any]
    secrets: dict[str, str]


class Refusal(Exception):
    """The network says no to a request."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(status))
        self.answer = Told(status=status, body=msgspec.json.encode(body), headers=headers or {})


class Told(Struct, frozen=True, kw_only=True):
    """An answer with headers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    cut: bool = False
    """The connection breaks instead."""
    stream: AsyncIterator[bytes] | None = None
    """It goes on with this: server-sent events."""


class Simulator:
    """One network. A subclass speaks its wire format; nothing in it knows of Earful's own tables."""

    network: ClassVar[Network]
    pushes: ClassVar[bool] = False
    """It pushes deliveries; otherwise it is asked."""
    is_told_where: ClassVar[bool] = False
    """It pushes to an address that somebody enters there by hand."""
    has_private: ClassVar[bool] = True
    has_public: ClassVar[bool] = True
    has_edits: ClassVar[bool] = True
    has_deletes: ClassVar[bool] = True
    can_look: ClassVar[bool] = True
    """Whether the network lets us see if a reply of ours is out."""
    tells_ours: ClassVar[bool] = False
    """Whether what it reports of a reply names the reply by our own id."""
    names_private: ClassVar[bool] = True
    """Whether a private message says who it is from; otherwise there is an id only."""
    mentions_by_id: ClassVar[bool] = False
    """What begins with our handle is told of by its id only, and has to be fetched."""
    speaks: ClassVar[bool] = True
    """What customers say there can be had; otherwise there are posts of the brand with their counts."""
    customers_answer: ClassVar[bool] = True
    """A customer can answer what we said."""
    answers: ClassVar[bool] = True
    """The brand can answer there."""
    faults: ClassVar[frozenset[Fault]] = OF_REQUESTS
    """What can befall a request of ours."""
    has_past: ClassVar[bool] = True
    """Something can be said there before a desk is connected."""
    echoes: ClassVar[bool] = True
    """What the brand said is told of like anything else."""
    renews: ClassVar[bool] = False
    """Its tokens end by themselves, and are made anew with another that lasts."""
    revokes: ClassVar[bool] = True
    """There is a token, or something like it, that can be taken back."""
    has_permissions: ClassVar[bool] = True
    """An answer needs a permission that may be missing."""
    keeps_unknown: ClassVar[bool] = True
    """What it pushes in an unknown shape is taken and kept; otherwise it is refused at once, for its sender to see."""
    unknown_kind: ClassVar[str] = ""
    """Something that can be said there and is no words; empty where there is none."""
    tells_permissions: ClassVar[bool] = False
    """A token can be asked what it may do, before anything fails."""
    permission: ClassVar[str] = "write"
    """The permission that a reply needs, as the network names it."""

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        self.base_url = base_url
        """Where it is reached, without a slash at the end."""
        self.clock = clock
        self.knobs = Knobs()
        self.world = World(Account(id="9000", handle="brewline", name="Brewline"), clock)
        self.world.on_change = self._happened
        self.outgoing: list[Pushed] = []
        self.violations: list[Violation] = []
        self.files: dict[str, bytes] = {}
        """What the network names by an id and gives when it is asked for it."""
        self.handed: dict[str, SentFile] = {}
        """What the brand handed over, by the id that the network gave it, until it is said something with."""
        self.fetched: dict[str, SentFile | None] = {}
        """What was found at the addresses that the present request names; None where there was no file."""
        self.on_push: Callable[[], None] | None = None
        self.hook_url = self.hook_secret = ""
        """Of a network that is told where to call."""

    # What a subclass gives.

    def wiring(self) -> Wiring:
        """How a desk connects to it."""
        raise NotImplementedError

    def handle(self, asked: Asked, path: str) -> Answer:
        """Answer a request to the network's API. Raises Refusal."""
        raise NotImplementedError

    def native_id(self, said: Said) -> str:
        """What the desk calls it."""
        return said.id

    def author_id(self, account: Account) -> str:
        """What the desk knows somebody by."""
        return account.id

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """What is pushed when something happens; nothing where the network is asked."""
        return []

    async def carry(self, http: httpx2.AsyncClient, pushed: Pushed) -> int:
        """Take a delivery to the desk, once; returns the status of its answer. Raises httpx2.HTTPError."""
        answer = await http.post(pushed.url, content=pushed.body, headers=dict(pushed.headers))
        return answer.status_code

    def limited(self, *, bare: bool) -> Told:
        """How the network says that it was asked too often."""
        headers = {} if bare else {"retry-after": str(self.knobs.wait_seconds)}
        return Told(status=429, body=b"{}", headers=headers)

    def unauthorised(self) -> Told:
        """How the network says that a token is not good any more."""
        return Told(status=401, body=b"{}")

    def forbidden(self) -> Told:
        """How the network says that a permission is missing."""
        return Told(
            status=403, body=msgspec.json.encode({"error": f"missing {self.knobs.missing_permission}"})
        )

    @property
    def knows_where(self) -> bool:
        """Whether it was told where to push to, if somebody has to tell it."""
        return True

    def strange(self) -> list[Pushed]:
        """A delivery that no version of Earful can read."""
        return []

    def call_at(self, hook_url: str, secret: str) -> None:
        """Somebody enters where the desk wants to be called, and what proves who calls."""
        self.hook_url, self.hook_secret = hook_url, secret

    def addresses(self, asked: Asked, path: str) -> list[str]:
        """Where a request says that its files are: they are fetched before it is answered."""
        return []

    # What all have.

    def answer(self, asked: Asked, path: str) -> Told:
        """Answer a request, with what the knobs make of it."""
        knobs, sends = self.knobs, self.is_send(asked, path)
        # “The next” is what somebody says: what is only asked for in between must not use it up.
        if knobs.strikes(Fault.LIMITED, counted=sends):
            return self.limited(bare=False)
        if knobs.strikes(Fault.LIMITED_BARE, counted=sends):
            return self.limited(bare=True)
        if knobs.strikes(Fault.BROKEN, counted=sends):
            return Told(status=500, body=b"<html>Something went wrong</html>")
        if knobs.revoked:
            return self.unauthorised()
        if knobs.missing_permission and sends:
            return self.forbidden()
        try:
            answer = self.handle(asked, path)
        except Refusal as refusal:
            return refusal.answer
        headers = {"content-type": answer.media_type}
        cut = sends and knobs.strikes(Fault.LOST_ANSWER)
        return Told(status=answer.status, body=answer.body, headers=headers, cut=cut)

    def is_send(self, asked: Asked, path: str) -> bool:
        """Whether a request says something in public or to a customer."""
        return asked.method == "POST"

    def violated(self, asked: Asked, path: str, problem: str) -> None:
        """Note that a request breaks the network's contract."""
        self.violations.append(Violation(request=f"{asked.method} {path}", problem=problem))

    def unheard(self) -> None:
        """Nobody listened to what happened so far."""
        self.outgoing.clear()

    def keep_file(self, file: SentFile) -> str:
        """Keep a file for what will be said with it; returns its id."""
        name = self.world.new_id()
        self.handed[name] = file
        return name

    def push(self, pushed: Pushed) -> None:
        """Send a delivery, as the knobs have it; nothing where nobody said yet where to."""
        if not pushed.url:
            return
        self.outgoing.append(pushed)
        if self.on_push is not None:
            self.on_push()

    def _happened(self, happened: Happened) -> None:
        if self.pushes and self.knobs.strikes(Fault.UNREADABLE):
            for pushed in self.strange():
                self.push(pushed)
        for pushed in self.deliveries(happened):
            self.push(pushed)


def as_json(value: object, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(status=status, body=msgspec.json.encode(value), media_type="application/json")


def body_of(asked: Asked) -> dict[str, Any]:
    """The JSON object of a request. Raises Refusal when it is none."""
    try:
        found = msgspec.json.decode(asked.body or b"{}", type=dict[str, Any])
    except msgspec.MsgspecError as fault:
        raise Refusal(400, {"error": f"this is no JSON object: {fault}"}) from None
    return found
