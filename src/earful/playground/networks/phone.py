"""A simulated telephone system: it hands in calls when they are over, signed by Standard Webhooks."""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.channels.kit.signatures import sign
from earful.channels.phone.calls import Outcome
from earful.model.message import Network
from earful.model.time import SECOND, Instant, rfc3339
from earful.playground.networks.knobs import Fault
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Wiring
from earful.playground.networks.twilio import NUMBER, phone_of
from earful.playground.networks.world import Account, Happened, Said


class PhoneSimulator(Simulator):
    """A customer is a number; what they say is the transcript of a message that they left. Nobody is asked anything."""

    network: ClassVar[Network] = Network.PHONE
    pushes: ClassVar[bool] = True
    is_told_where: ClassVar[bool] = True
    keeps_unknown: ClassVar[bool] = False
    has_public: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    customers_answer: ClassVar[bool] = False
    answers: ClassVar[bool] = False
    faults: ClassVar[frozenset[Fault]] = frozenset()
    revokes: ClassVar[bool] = False
    has_permissions: ClassVar[bool] = False

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._waiting: list[dict[str, Any]] = []

    def wiring(self) -> Wiring:
        """The channel knows its number; the rest is told to the telephone system."""
        return Wiring(settings={"calls": "system", "number": NUMBER, "api": self.base_url}, secrets={})

    def call_at(self, hook_url: str, secret: str) -> None:
        """Hand in what is waiting, and all that follows."""
        super().call_at(hook_url, secret)
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            self.push(self._pushed(call))

    def author_id(self, account: Account) -> str:
        """A number."""
        return phone_of(account)

    def handle(self, asked: Asked, path: str) -> Answer:
        """Nothing is here to be asked."""
        raise Refusal(404, {"error": "A telephone system calls, and is not called."})

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """A call, or the same one with a better transcript."""
        call = self._call(happened.said)
        if not self.hook_url:
            self._waiting.append(call)
            return []
        return [self._pushed(call)]

    def _call(self, said: Said) -> dict[str, Any]:
        call = {
            "id": said.id, "from": phone_of(said.by), "to": NUMBER, "started_at": rfc3339(said.at),
            "ended_at": rfc3339(said.at + 20 * SECOND), "outcome": Outcome.VOICEMAIL.value, "name": said.by.name,
            "transcript": said.text,
        }  # fmt: skip
        return call | ({"updated_at": rfc3339(said.edited_at)} if said.edited_at else {})

    def _pushed(self, call: dict[str, Any]) -> Pushed:
        body, number, now = msgspec.json.encode(call), f"call_{self.world.new_id()}", self.clock() // SECOND
        headers = {
            "content-type": "application/json", "webhook-id": number, "webhook-timestamp": str(now),
            "webhook-signature": sign(self.hook_secret, number, now, body),
        }  # fmt: skip
        return Pushed(url=self.hook_url, body=body, headers=headers)
