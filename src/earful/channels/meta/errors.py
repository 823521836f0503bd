"""What the Graph API says when it says no, by its codes.

Sources: "Handle Errors" (Graph API), "Error Codes" (WhatsApp Cloud API), "Error Codes" (Messenger Platform).
"""

from enum import StrEnum

import httpx2
import msgspec
from msgspec import Struct, field

from earful.channels.contract import SendPostponed, SendRefused, SendUnknown


class Kind(StrEnum):
    """What an error means for a reply."""

    TOKEN = "token"  # noqa: S105 - the name of a kind
    LIMITED = "limited"
    PERMISSION = "permission"
    CLOSED = "closed"
    """The time in which the customer may be answered freely is over."""
    BLOCKED = "blocked"
    UNSURE = "unsure"
    """The network failed inside; it may have done what was asked."""
    REFUSED = "refused"


class Error(Struct, kw_only=True):
    """The body of a refusal."""

    message: str = ""
    title: str = ""
    """Of WhatsApp, where there is no message."""
    code: int = 0
    error_subcode: int = 0
    error_user_msg: str | None = None
    error_data: msgspec.Raw = field(default_factory=lambda: msgspec.Raw(b"null"))
    is_transient: bool = False

    @property
    def words(self) -> str:
        """What Meta says, with the numbers by which its support knows it."""
        numbers = f"{self.code}/{self.error_subcode}" if self.error_subcode else f"{self.code}"
        said = f"Meta says: {(self.error_user_msg or self.message)[:300]} (error {numbers})"
        advice = ADVICE.get(self.error_subcode) or ADVICE.get(self.code)
        return f"{advice} {said}" if advice else said


class _Answer(Struct):
    error: Error


class _Details(Struct):
    details: str = ""


_answer = msgspec.json.Decoder(_Answer, strict=False)
_details = msgspec.json.Decoder(_Details)

TOKEN = frozenset({102, 190, 463, 467})
LIMITED = frozenset(
    {4, 17, 32, 341, 613, 80000, 80001, 80002, 80006, 80007, 80008, 130429, 131048, 131056, 133016}
)
CLOSED = frozenset({131047})
CLOSED_SUBCODES = frozenset({2018278, 2534022})
"""Messenger and Instagram say 10 for a closed window, and this."""
ADVICE = {
    131026: "The customer cannot be reached by WhatsApp: no account, an old version, or its terms were "
    "not accepted. Answer by another channel.",
    131047: "More than 24 hours passed since the customer wrote. Choose a template.",
    131049: "Meta held it back, because this customer got many marketing messages. Wait some days, or answer by "
    "another channel.",
    131050: "The customer wants no marketing messages from you. Choose a template of another category.",
    132000: "The template has another number of variables by now. Read the templates again, and fill it in anew.",
    132001: "There is no such template in this language any more. Read the templates again, and choose another.",
    132005: "The template is too long as it was filled in. Shorten what you filled in.",
    132007: "Meta found something in the template that its policy forbids. Choose another.",
    132012: "What was filled in does not fit the template. Read the templates again, and fill it in anew.",
    132015: "The template is paused for its low quality. Choose another.",
    2018008: "Meta could not fetch the file from the desk. Look whether its public address is reached from outside.",
    132016: "The template was paused too often and is disabled for good. Choose another.",
}
"""What to do, by code or subcode ("Error Codes", WhatsApp Cloud API and Messenger Platform). What comes late, with a
status, has the same codes."""
UNSURE = frozenset({1, 2, 131000})
WAIT_SECONDS = {131056: 6.0, 368: 3600.0, 131016: 60.0}
"""131056: one message in six seconds to the same person."""
BLOCKED_SECONDS = 3600.0


def read(response: httpx2.Response) -> Error | None:
    """The error in an answer; None when it has none that can be read."""
    try:
        return _answer.decode(response.content).error
    except msgspec.MsgspecError:
        return None


def kind_of(error: Error) -> Kind:
    """What an error means."""
    code = error.code
    if code in TOKEN:
        return Kind.TOKEN
    if code in LIMITED or code == 131016:
        return Kind.LIMITED
    if code in CLOSED or error.error_subcode in CLOSED_SUBCODES:
        return Kind.CLOSED
    if code == 368:
        return Kind.BLOCKED
    if code in (3, 10) or 200 <= code < 300:
        return Kind.PERMISSION
    return Kind.UNSURE if code in UNSURE or error.is_transient else Kind.REFUSED


def judge(response: httpx2.Response, wait_seconds: float | None, after_window: str) -> str:
    """The network's words in a refusal whose status says enough by itself.

    Raises what a reply has to hear where the code says more than the status: SendPostponed, SendRefused, SendUnknown.
    `wait_seconds` is what the headers ask for, `after_window` what is left to do when the window has closed.
    """
    error = read(response)
    if error is None:
        return ""
    words, wait = error.words, wait_seconds or WAIT_SECONDS.get(error.code)
    match kind_of(error):
        case Kind.TOKEN:
            raise SendPostponed(f"{words}; nothing was sent, the reply is kept. Connect the account again.")
        case Kind.LIMITED:
            raise SendPostponed(f"{words}; nothing was sent, it is tried again.", after_seconds=wait)
        case Kind.BLOCKED:
            raise SendPostponed(
                f"{words}; the account is blocked for a while, nothing was sent.",
                after_seconds=BLOCKED_SECONDS,
            )
        case Kind.CLOSED:
            raise SendRefused(f"The time for a free answer is over; nothing was sent. {after_window} {words}")
        case Kind.PERMISSION:
            raise SendRefused(f"A permission is missing; nothing was sent. {words}")
        case Kind.UNSURE:
            raise SendUnknown(f"{words}. The reply may be out.")
    return words


def details_of(data: msgspec.Raw) -> str:
    """The longer words that WhatsApp adds; empty where there are none."""
    try:
        return _details.decode(data).details
    except msgspec.MsgspecError:
        return ""
