"""What goes into a template, what the customer will read, and which can be sent."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.contract import ReplyFile
from earful.channels.whatsapp.templates import components, read_template
from earful.desk.templates import rules
from earful.model.template import Standing, Template
from earful.model.time import DAY, Instant
from earful.playground.networks import templates as simulated
from earful.playground.networks.simulator import Refusal
from earful.playground.networks.world import SentFile

KNOWN = {"first_name": "Ana", "name": "Ana Paz", "order": "BL-1001"}


def template(native_id: str) -> Template:
    found = next(one for one in simulated.shipped() if one["id"] == native_id)
    return read_template(msgspec.Raw(msgspec.json.encode(found)))


def test_what_is_known_is_proposed_where_it_fits() -> None:
    asked = rules.wanted(template("7001"), KNOWN)
    assert [(one.key, one.value, one.example) for one in asked] == [
        ("body.1", "Ana", "Ana"),
        ("body.2", "", "BL-1001"),
        ("button.0.1", "", "1001"),
    ]
    named = rules.wanted(template("7005"), KNOWN)
    assert [(one.key, one.value) for one in named] == [("body.first_name", "Ana"), ("body.fix", "")]


def test_the_preview_is_what_the_network_shows() -> None:
    for native_id in ("7001", "7002", "7005"):
        chosen = template(native_id)
        values = {one.key: f"value of {one.key}" for one in rules.wanted(chosen, {})}
        filled = rules.fill(chosen, values)
        seen, files = simulated.said(simulated.shipped(), components(filled), {})
        assert (rules.text_of(chosen, values), files) == (seen, [])


@pytest.mark.parametrize(
    ("native_id", "mime", "shown"),
    [("7006", "application/pdf", {"id": "9", "filename": "a.pdf"}), ("7007", "image/png", {"id": "9"})],
)
def test_a_template_that_begins_with_a_file_goes_out_with_one(
    native_id: str, mime: str, shown: dict[str, str]
) -> None:
    chosen = template(native_id)
    values = {one.key: "Ana" for one in rules.wanted(chosen, {})}
    filled = rules.fill(chosen, values)
    file = ReplyFile(name="a.pdf", mime=mime)
    asked = components(filled, file, "9")
    assert asked["components"][0] == {
        "type": "header", "parameters": [{"type": chosen.media, chosen.media: shown}],
    }  # fmt: skip
    handed = {"9": SentFile(name="a.pdf", mime=mime, content=b"x")}
    assert simulated.said(simulated.shipped(), asked, handed) == (
        rules.text_of(chosen, values),
        list(handed.values()),
    )
    for wrong in (components(filled), components(filled, file, "8")):
        with pytest.raises(Refusal):
            simulated.said(simulated.shipped(), wrong, handed)


@given(st.dictionaries(st.sampled_from(["body.1", "body.2", "button.0.1"]), st.text(max_size=30)))
def test_nothing_goes_out_with_something_missing(values: dict[str, str]) -> None:
    chosen = template("7001")
    whole = all(values.get(key, "").split() for key in ("body.1", "body.2", "button.0.1"))
    if not whole:
        with pytest.raises(rules.MissingError, match="nothing was sent"):
            rules.fill(chosen, values)
    else:
        said = [value for piece in rules.fill(chosen, values).pieces for _, value in piece.values]
        assert said == [" ".join(values[key].split()) for key in ("body.1", "body.2", "button.0.1")]


def test_what_the_network_does_not_let_out_says_why() -> None:
    rejected = template("7003")
    assert rejected.standing is Standing.REJECTED
    assert "it advertises" in rules.problem(rejected)
    with pytest.raises(rules.MissingError, match="rejected it"):
        rules.fill(rejected, {})
    assert "paused it" in rules.problem(template("7004"))


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ({"type": "HEADER", "format": "VIDEO"}, "begins with a video"),
        ({"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "Copy"}]}, "copy code"),
        ({"type": "CAROUSEL", "cards": []}, "carousel"),
    ],
)
def test_what_cannot_be_filled_in_here_is_shown_and_not_offered(
    component: dict[str, object], words: str
) -> None:
    raw = {"id": 1, "name": "n", "language": "en", "status": "APPROVED", "components": [component]}
    found = read_template(msgspec.Raw(msgspec.json.encode(raw)))
    assert words in rules.problem(found)


def test_the_customers_language_comes_first_and_what_cannot_be_sent_last() -> None:
    every = [template(one["id"]) for one in simulated.shipped()]
    assert [one.native_id for one in rules.ordered(every, "de")] == [
        "7002", "7005", "7007", "7006", "7001", "7003", "7004",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fetched", "tried", "asked", "due"),
    [
        (None, None, None, True),
        (0, 0, None, False),
        (0, 0, DAY, True),
        (None, DAY, None, False),
        (None, DAY - rules.AGAIN, None, True),
    ],
)
def test_templates_are_read_when_connected_daily_and_when_asked(
    fetched: int | None, tried: int | None, asked: int | None, due: bool
) -> None:
    now = Instant(DAY + 1) if asked is not None or fetched is None else Instant(DAY - 1)
    assert rules.is_due(fetched, tried, asked, now) is due
