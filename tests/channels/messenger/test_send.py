"""Private messages go to whom they are for, by the rule of the window that is open."""

from typing import Any

import pytest

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.messenger.limits import CAPABILITIES
from earful.channels.meta.private import compose_private
from earful.model.message import Visibility
from earful.model.time import DAY, Instant

NOW = Instant(1_800_000_000_000)


def reply(text: str = "Hi", to: str = "7", **changed: Any) -> Reply:
    seen = changed.pop("visibility", Visibility.DIRECT)
    audience = changed.pop("audience", Visibility.DIRECT)
    target = ReplyTarget(
        native_id="m_1", author_native_id=to, visibility=seen, context={"customer": "7", **changed}
    )
    return Reply(client_id="r1", text=text, audience=audience, to=target)


def composed(asked: Reply, *, human_agent: bool = True) -> dict[str, Any]:
    return compose_private(asked, CAPABILITIES, "Messenger", NOW, human_agent=human_agent, metadata=True)


def test_within_a_day_it_is_a_response_and_later_a_human_agent_speaks() -> None:
    fresh, old = NOW // 1000, (NOW - 2 * DAY) // 1000
    assert composed(reply(at=fresh)) == {
        "recipient": {"id": "7"}, "messaging_type": "RESPONSE", "message": {"text": "Hi", "metadata": "r1"},
    }  # fmt: skip
    late = composed(reply(at=old))
    assert (late["messaging_type"], late["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    # Without the permission the network decides: the customer may have written again meanwhile.
    assert composed(reply(at=old), human_agent=False)["messaging_type"] == "RESPONSE"


@pytest.mark.parametrize(
    "asked",
    [
        reply(visibility=Visibility.PUBLIC),
        reply(audience=Visibility.PUBLIC),
        reply(audience=Visibility.GROUP),
        reply(to="8"),
        reply(text="\u0000"),
        reply(text="x" * 2001),
    ],
)
def test_what_may_not_go_out_is_refused(asked: Reply) -> None:
    with pytest.raises(SendRefused, match="nothing was sent"):
        composed(asked)
