"""Who may see a reply, and when to try again."""

import pytest

from earful.channels.contract import Capabilities
from earful.model.message import Visibility
from earful.model.time import HOUR, MINUTE, SECOND
from earful.outbox import rules


def can(*, public: bool, private: bool) -> Capabilities:
    return Capabilities(
        receive="push",
        public_reply=public,
        private_reply=private,
        max_length=None,
        edits=False,
        deletes=False,
        idempotent_send=False,
    )


@pytest.mark.parametrize(
    ("message", "public", "private", "allowed"),
    [
        (Visibility.PUBLIC, True, True, [Visibility.PUBLIC, Visibility.DIRECT]),
        (Visibility.PUBLIC, True, False, [Visibility.PUBLIC]),
        (Visibility.PUBLIC, False, True, [Visibility.DIRECT]),
        (Visibility.UNLISTED, True, True, [Visibility.UNLISTED, Visibility.DIRECT]),
        (Visibility.FOLLOWERS, True, True, [Visibility.FOLLOWERS, Visibility.DIRECT]),
        (Visibility.DIRECT, True, True, [Visibility.DIRECT]),
        (Visibility.DIRECT, True, False, []),
        (Visibility.GROUP, True, True, [Visibility.GROUP]),
        (Visibility.INTERNAL, True, True, []),
    ],
)
def test_what_is_private_is_answered_in_private_only(
    message: Visibility, public: bool, private: bool, allowed: list[Visibility]
) -> None:
    found = rules.audiences(message, can(public=public, private=private))
    assert found == allowed
    assert not any(rules.widens(audience, message) for audience in found)


def test_any_wider_audience_is_recognised() -> None:
    order = [
        Visibility.INTERNAL,
        Visibility.DIRECT,
        Visibility.GROUP,
        Visibility.FOLLOWERS,
        Visibility.UNLISTED,
        Visibility.PUBLIC,
    ]
    for at, message in enumerate(order):
        assert [rules.widens(asked, message) for asked in order] == [
            place > at for place in range(len(order))
        ]


def test_tries_come_later_and_later_and_end() -> None:
    waits = [rules.next_try(attempts, 0, None) for attempts in range(1, rules.TRIES + 1)]
    assert waits[-1] is None
    kept = [wait for wait in waits if wait is not None]
    assert kept == sorted(kept)
    assert kept[0] == 5 * SECOND
    assert max(kept) <= HOUR


def test_the_network_says_when() -> None:
    assert rules.next_try(1, 1_000, 90) == 1_000 + 90 * SECOND
    assert rules.next_try(1, 1_000, 0) == 1_000 + SECOND
    assert rules.next_try(rules.TRIES, 1_000, 90) is None


def test_looking_ends_with_a_person() -> None:
    looks = [rules.next_look(count, 0) for count in range(rules.LOOKS + 1)]
    assert looks[-1] is None
    kept = [look for look in looks if look is not None]
    assert kept == sorted(kept)
    assert max(kept) <= 10 * MINUTE
