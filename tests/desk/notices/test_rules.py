"""Who is told what and when, whom a text names, and which keys a colleague may choose."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from earful.desk.keys import rules as keys
from earful.desk.keys.rules import OwnKeys
from earful.desk.notices import rules
from earful.desk.notices.rules import About, Kind, Wishes
from earful.model.time import HOUR, MINUTE, Instant, instant, moment
from earful.web.places import SETTINGS
from earful.web.shortcuts import SHORTCUTS

ZONES = ("Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
YEAR = instant(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (About(type="case.changed", what="assigned", actor="kim", assignee="lou"), {"lou": Kind.ASSIGNED}),
        (About(type="case.changed", what="assigned", actor="lou", assignee="lou"), {}),
        (About(type="case.messages", inbound=True, assignee="lou"), {"lou": Kind.ANSWERED}),
        (About(type="case.messages", assignee="lou", followers=frozenset({"kim"})), {}),
        (About(type="case.reply", state="sent", writer="lou"), {}),
        (About(type="case.reply", state="unknown", writer="lou"), {"lou": Kind.REPLY}),
        (
            About(type="reply.asked", actor="lou", writer="lou", approvers=frozenset({"kim", "lou"})),
            {"kim": Kind.APPROVE},
        ),
        (
            About(
                type="case.noted",
                actor="kim",
                mentioned=frozenset({"lou"}),
                followers=frozenset({"lou", "ed"}),
            ),
            {"lou": Kind.MENTIONED, "ed": Kind.FOLLOWED},
        ),
        (About(type="case.changed", what="unspoken", followers=frozenset({"ed"})), {}),
    ],
)
def test_each_is_told_for_the_strongest_reason_and_nobody_of_themselves(
    about: About, expected: dict[str, Kind]
) -> None:
    assert rules.told(about) == expected


@given(
    zone=some.sampled_from(ZONES),
    hour=some.integers(0, 23),
    start=some.integers(0, 360),
    steps=some.lists(some.integers(1, 40 * 60), min_size=1, max_size=60),
)
def test_a_daily_slot_begins_at_its_hour_and_never_goes_back(
    zone: str, hour: int, start: int, steps: list[int]
) -> None:
    wishes = Wishes(mails="daily", zone=zone, hour=hour)
    now = Instant(YEAR + start * 24 * HOUR)
    seen: list[tuple[Instant, str]] = []
    for step in steps:
        now = Instant(now + step * MINUTE)
        slot = rules.slot(wishes, now)
        assert slot is not None
        assert 0 <= now - slot.before < 48 * HOUR
        local = moment(slot.before).astimezone(ZoneInfo(zone))
        # An hour that the clocks leave out strikes when they are past it.
        assert local.hour == hour or (local - timedelta(hours=1)).utcoffset() != local.utcoffset()
        seen.append((slot.before, slot.name))
    assert seen == sorted(seen, key=lambda one: one[0])
    assert len({name for _, name in seen}) == len({at for at, _ in seen})


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("21:59", False), ("22:00", True), ("03:00", True), ("06:59", True), ("07:00", False)],
)
def test_quiet_hours_go_over_midnight_in_ones_own_zone(clock: str, expected: bool) -> None:
    wishes = Wishes(quiet_from="22:00", quiet_to="07:00", zone="Europe/Berlin", mails="once")
    hours, minutes = map(int, clock.split(":"))
    now = instant(datetime(2026, 3, 29, hours, minutes, tzinfo=ZoneInfo("Europe/Berlin")))
    assert rules.quiet(wishes, now) is expected
    assert (rules.slot(wishes, now) is None) is expected


def test_the_weekly_overview_is_mondays_and_not_sent_days_later() -> None:
    wishes = Wishes(weekly=True, hour=8, zone="Europe/Berlin")
    monday = instant(datetime(2026, 11, 23, 8, 5, tzinfo=ZoneInfo("Europe/Berlin")))
    found = rules.weekly(wishes, monday)
    assert found is not None
    assert found.name == "weekly 2026-11-23"
    assert rules.weekly(wishes, Instant(monday + 24 * HOUR)) is None
    assert rules.weekly(Wishes(), monday) is None


HANDLES = rules.handles(
    {
        "1": ("Kim Doe", "kim@acme.example"),
        "2": ("Kim Strauß", "kims@acme.example"),
        "3": ("Lou", "lou@acme.example"),
    },
    {"parcels": "Parcels", "lou": "Lou"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Kim Doe, look", [(0, 8, "user:1")]),
        ("(@KIM STRAUß)", [(1, 12, "user:2")]),
        ("@kims and @parcels", [(0, 5, "user:2"), (10, 18, "team:parcels")]),
        ("write to help@parcels", []),
        ("@Kimberley", []),
        ("@Lou could be two", []),
    ],
)
def test_whom_a_text_names(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert [(one.start, one.stop, one.name) for one in rules.mentions(text, HANDLES)] == expected


@given(some.text(alphabet="@Kim Doeß.\n", max_size=40))
def test_mentions_lie_in_the_text_one_after_the_other(text: str) -> None:
    places = [edge for one in rules.mentions(text, HANDLES) for edge in (one.start, one.stop)]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


@pytest.mark.parametrize(
    ("command", "typed", "why"),
    [
        ("assign", "j", "is taken"),
        ("assign", "g", "begin alike"),
        ("assign", "j x", "begin alike"),
        ("assign", "F5", "belongs to the browser"),
        ("assign", "Ctrl+w", "belongs to the browser"),
        ("assign", "Tab", "belongs to the browser"),
        ("assign", " ", "only “What next”"),
        ("assign", "q w e", "At most two"),
        ("send", "q", "stays as it is"),
        ("nothing", "q", "no such command"),
    ],
)
def test_keys_that_cannot_be_are_refused_with_the_reason(command: str, typed: str, why: str) -> None:
    assert why in (keys.problem(OwnKeys(), command, keys.read(typed)) or "")


def test_keys_are_changed_given_back_and_turned_off() -> None:
    assert keys.problem(OwnKeys(), "assign", "g q") is None
    assert keys.problem(OwnKeys(), "next-case", keys.read(" ")) is None
    own = keys.changed(OwnKeys(), "assign", "q")
    assert (own.of("assign"), own.of("note")) == ("q", "n")
    assert keys.problem(own, "note", "a") is None
    assert keys.changed(own, "assign", "a") == OwnKeys()
    silent = OwnKeys(letters=False)
    assert (silent.of("assign"), silent.of("go-inbox"), silent.of("palette")) == ("", "", "mod+k")


def test_the_keys_that_earful_comes_with_follow_its_own_rules() -> None:
    for one in SHORTCUTS:
        if one.keys and one.id not in keys.FIXED:
            assert keys.problem(OwnKeys(), one.id, one.keys) is None, one.id


def test_every_command_is_in_the_palette_but_those_that_move_in_lists_and_fields() -> None:
    left_out = {one.id for one in SHORTCUTS if not one.in_palette}
    assert left_out == {"next", "previous", "open", "select-down", "select-up", "send", "palette"}


def test_each_page_of_the_settings_is_named_once() -> None:
    tabs = [place.tab for group in SETTINGS for place in group.places]
    assert len(tabs) == len(set(tabs))
