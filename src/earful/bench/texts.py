"""Messages as customers write them: fixed wordings with moving parts, the same for the same seed."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from earful.model.message import Actor, IncomingMessage, MessageKind, Visibility

OPENINGS = (
    "My {thing} arrived broken on {day} and nobody answers your chat. I want a refund for order {number}.",
    "Third time I call about my {thing}. Your hotline hangs up after {count} minutes, this is a joke!",
    "Hi, can you tell me when the {thing} is back in stock in {city}? I have waited since {day}.",
    "Charged twice for one {thing}, order {number}. Please give me my money back before {day}.",
    "The app crashes when I open the {thing} page. Phone restarted, reinstalled, still crashes. Any idea?",
    "Thank you so much, the {thing} is great and your colleague in {city} was really kind!",
    "Still no sign of my {thing}. The tracking says delivered on {day}, but there is nothing here in {city}.",
    "Your {thing} started smoking in our kitchen this morning. My kids were next to it. Call me back NOW.",
    "Is it just me or is the whole site down? I get an error {count} when I pay for the {thing}.",
    "I emailed you {count} days ago about a broken {thing} and got an automatic answer. Hello? Anyone there?",
    "It would be nice if the {thing} came in green. Just a thought from a happy customer in {city}.",
    "Cancel my subscription. I asked on {day} by phone, I asked in the store in {city}, and it still renews.",
    "Price of the {thing} went from {count} to {number} within a week, really? I am switching to someone else.",
    "@acme the {thing} does not connect to wifi since the update. Tried everything in your help pages.",
    "Locked out of my account since {day}. The reset mail never comes. I need my {thing} invoice today, please.",
    "Loving the new {thing} @acme, took {count} minutes to set up.",
)
THINGS = (
    "kettle",
    "toaster",
    "coffee machine",
    "grinder",
    "milk frother",
    "descaler",
    "thermos",
    "filter set",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "12 October", "the 3rd", "last week")
CITIES = ("Berlin", "Leeds", "Lyon", "Porto", "Utrecht", "Graz", "Malmo", "Gent", "Torino", "Cork")
KINDS = (MessageKind.MENTION, MessageKind.MENTION, MessageKind.REPLY, MessageKind.COMMENT, MessageKind.DM)
START = datetime(2026, 11, 1, tzinfo=UTC)
ANSWERS_EARLIER = 0.15
"""Share of messages that answer an earlier one of the same author."""

_encode = msgspec.json.Encoder().encode


def text_of(dice: random.Random) -> str:
    """One wording."""
    return dice.choice(OPENINGS).format(
        thing=dice.choice(THINGS),
        day=dice.choice(DAYS),
        city=dice.choice(CITIES),
        number=dice.randrange(1_000, 99_999),
        count=dice.randrange(2, 60),
    )


def messages(seed: int, prefix: str, authors: int) -> Iterator[IncomingMessage]:
    """Messages without end, each with its own native id; few authors write much, most write once."""
    dice = random.Random(seed)  # noqa: S311 - the same messages each time
    number = 0
    last: dict[int, str] = {}
    while True:
        who = int(authors * dice.random() ** 2)
        native_id = f"{prefix}{number}"
        kind = dice.choice(KINDS)
        private = kind is MessageKind.DM
        parent = last.get(who, "") if not private and dice.random() < ANSWERS_EARLIER else ""
        if not private:
            last[who] = native_id
        yield IncomingMessage(
            native_id=native_id,
            occurred_at=START + timedelta(seconds=number % 1_000_000),
            author=Actor(
                native_id=f"u{who}",
                handle=f"customer_{who}",
                name=f"Customer {who}",
                profile_url=f"https://x.example/customer_{who}",
                followers=int(10 / (dice.random() + 1e-4)),
            ),
            text=text_of(dice),
            kind=kind,
            visibility=Visibility.DIRECT if private else Visibility.PUBLIC,
            thread=f"dm-{who}" if private else "",
            parent_id=parent,
            language="en",
            metrics={"likes": dice.randrange(5), "views": dice.randrange(900)},
            permalink=f"https://x.example/{native_id}",
        )
        number += 1


def bodies(seed: int, prefix: str, authors: int, requests: int, size: int) -> list[bytes]:
    """Request bodies of `size` messages."""
    source = messages(seed, prefix, authors)
    return [_encode([next(source) for _ in range(size)]) for _ in range(requests)]
