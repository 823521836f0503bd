"""How long we may answer freely: the usual time after the last word, or the longer one that an advertisement opened."""

from typing import Any

import msgspec
import pytest

from earful.channels.contract import Window
from earful.channels.meta.hook import MetaHook
from earful.channels.meta.settings import MetaSecrets
from earful.channels.whatsapp.settings import WhatsAppSettings
from earful.desk.windows.rules import Because, Opening, opened_by, standing
from earful.model.message import Direction, IncomingMessage
from earful.model.time import DAY, HOUR, Instant, moment

USUAL = Window(seconds=86_400)
PEOPLE = Window(seconds=86_400, extended_seconds=7 * 86_400)


@pytest.mark.parametrize(
    ("openings", "window", "until", "because", "human"),
    [
        ([Opening(at=0)], USUAL, DAY, Because.WROTE, DAY),
        ([Opening(at=0), Opening(at=5 * HOUR)], USUAL, DAY + 5 * HOUR, Because.WROTE, DAY + 5 * HOUR),
        ([Opening(at=0, seconds=3 * 86_400), Opening(at=5 * HOUR)], USUAL, 3 * DAY, Because.AD, 3 * DAY),
        ([Opening(at=0, seconds=3 * 86_400), Opening(at=3 * DAY)], USUAL, 4 * DAY, Because.WROTE, 4 * DAY),
        ([Opening(at=0)], PEOPLE, DAY, Because.WROTE, 7 * DAY),
    ],
)
def test_the_longer_one_counts_with_its_reason(
    openings: list[Opening], window: Window, until: int, because: Because, human: int
) -> None:
    found = standing(openings, window, templates=False)
    assert found is not None
    assert (found.until, found.because, found.human_until) == (until, because, human)
    assert found.is_open(Instant(human - 1))
    assert not found.is_open(Instant(human))


def test_who_never_wrote_opened_nothing() -> None:
    assert standing([], USUAL, templates=True) is None


def hook(hours: int) -> MetaHook:
    settings = WhatsAppSettings(phone_number_id="1", business_account_id="2", ad_window_hours=hours)
    return MetaHook(settings, MetaSecrets(app_secret="a-secret-of-the-app", verify_token="token"))


def said(direction: Direction = Direction.INBOUND, **referral: Any) -> IncomingMessage:
    context = {"referral": referral} if referral else {}
    return IncomingMessage(
        native_id="m", occurred_at=moment(Instant(0)), direction=direction, context=context
    )


def test_an_advertisement_opens_what_the_channel_was_told() -> None:
    for referral in ({"source_type": "ad"}, {"source": "ADS"}):
        opened = hook(72).opens(said(**referral))
        assert opened is not None
        assert (opened.seconds, opened.because) == (72 * 3600, "ad")
        assert hook(0).opens(said(**referral)) is None
        assert hook(72).opens(said(Direction.OUTBOUND, **referral)) is None
    assert hook(72).opens(said()) is None
    assert hook(72).opens(said(source_type="post")) is None


def test_what_is_stored_is_read_back() -> None:
    data = msgspec.json.encode({"context": {"window": {"seconds": 60, "because": "ad"}, "at": 1}}).decode()
    opened = opened_by(data)
    assert opened is not None
    assert opened.seconds == 60
    assert opened_by('{"context":{"at":1}}') is None
