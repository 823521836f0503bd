"""Pure decisions of sending: who may see a reply, when to try again, what to believe."""

from enum import StrEnum

from earful.channels.contract import Capabilities
from earful.model.desk import SendState
from earful.model.message import PRIVATE, Visibility
from earful.model.time import HOUR, MINUTE, SECOND

UNDO = 5 * SECOND
"""How long a reply waits before it goes out where nobody chose, so that it can be taken back."""
BEFORE_SENDING = (SendState.APPROVAL, SendState.SCHEDULED, SendState.HELD, SendState.QUEUED)
"""States of a reply that nobody has tried to send."""
OUT = (SendState.SENT, SendState.DELIVERED, SendState.READ)
"""States of a reply that the network has, in the order in which it moves on."""
PATIENCE = MINUTE
"""How long a due reply waits for its channel to be connected, as after a restart, before it fails."""
LEASE = 2 * MINUTE
"""A reply that is `sending` for longer was cut off; its fate is unknown."""
TRIES = 8
SEND_SECONDS = 90.0
"""A send that takes longer is given up as unknown, well before its lease runs out."""
ABSENCES = 2
"""How often in a row the network must say that it does not have a reply before it is sent again: what was
accepted a moment ago may not be listed yet."""
LOOKS = 12
"""How often the network is asked about a reply of unknown fate before a person has to decide."""


class OnNews(StrEnum):
    """What becomes of a reply that waits when somebody says something first."""

    HOLD = "hold"
    CANCEL = "cancel"


def first_state(send_at: int | None, *, for_approval: bool) -> SendState:
    """Where a reply starts."""
    if for_approval:
        return SendState.APPROVAL
    return SendState.QUEUED if send_at is None else SendState.SCHEDULED


def audiences(visibility: Visibility, can: Capabilities) -> list[Visibility]:
    """Who may see an answer, the natural audience first. What is private is answered in private only."""
    if visibility is Visibility.INTERNAL:
        return []
    if visibility in PRIVATE:
        return [visibility] if can.private_reply else []
    answers: list[Visibility] = [visibility] if can.public_reply else []
    if can.private_reply and can.private_to_public:
        answers.append(Visibility.DIRECT)
    return answers


def widens(asked: Visibility, message: Visibility) -> bool:
    """Whether an answer would be seen by more people than the message it answers."""
    order = {
        Visibility.INTERNAL: 0,
        Visibility.DIRECT: 1,
        Visibility.GROUP: 2,
        Visibility.FOLLOWERS: 3,
        Visibility.UNLISTED: 4,
        Visibility.PUBLIC: 5,
    }
    return order[asked] > order[message]


def next_try(attempts: int, now: int, after_seconds: float | None) -> int | None:
    """When to try again after `attempts` tries; None to give up. The network's own wish comes first."""
    if attempts >= TRIES:
        return None
    if after_seconds is not None:
        return now + max(round(after_seconds * SECOND), SECOND)
    wait: int = 5 * SECOND << (attempts - 1)
    return now + min(wait, HOUR)


def next_look(looks: int, now: int) -> int | None:
    """When to ask the network again about a reply of unknown fate; None: a person has to decide."""
    if looks >= LOOKS:
        return None
    wait: int = 5 * SECOND << looks
    return now + min(wait, 10 * MINUTE)


def reported(stands: SendState, said: SendState) -> SendState:
    """Where a reply stands once the network reports something. Reports come in any order; what was read was delivered,
    and what failed after it was read did not fail."""
    if stands not in OUT:
        return stands
    if said is SendState.FAILED:
        return said if stands is SendState.SENT else stands
    return said if said in OUT and OUT.index(said) > OUT.index(stands) else stands
