"""Counts that a network tells later: the highest of each stands, no wording changes, and nobody is told."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from earful.channels.contract import RawDelivery
from earful.channels.pinterest.parse import pin
from earful.desk.channels import service as channels
from earful.intake import rules
from earful.intake import service as intake
from earful.model.message import Actor, IncomingMessage, Network
from earful.store.audit import EARFUL
from earful.store.tables import events, messages, revisions
from tests.served import Served

SETTINGS = {"username": "brewline", "client_id": "i"}


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["likes", "views", "é"]), st.integers(0, 9)), max_size=4
    ).flatmap(lambda told: st.tuples(st.just(told), st.permutations(told)))
)
def test_any_order_of_counts_gives_the_same(both: tuple[list[dict[str, int]], list[dict[str, int]]]) -> None:
    def kept(told: list[dict[str, int]]) -> str:
        at = datetime(2026, 7, 1, tzinfo=UTC)
        message = IncomingMessage(
            native_id="1", occurred_at=at, author=Actor(native_id="a"), permalink="https://a.example/é\x00"
        )
        data = rules.extras_json(message)
        for metrics in told:
            data = rules.counted(data, metrics) or data
        return data

    assert kept(both[0]) == kept(both[1])
    assert "a.example" in kept(both[0])


def test_a_channel_of_metrics_only_shows_its_posts_with_the_newest_counts(served: Served) -> None:
    def make() -> str:
        return served.write(
            lambda tx: (
                channels.create(
                    tx, served.earful.vault, EARFUL, network=Network.PINTEREST, name="pins", settings=SETTINGS,
                    secrets={"access_token": "t"}, now=served.now(),
                ).id
            )
        )  # fmt: skip

    def look(views: int, comments: int) -> None:
        raw = {
            "id": "77", "title": "Two <b>cups</b>", "created_at": "2026-07-01T00:00:00",
            "pin_metrics": {"lifetime_metrics": {"impression": views, "comment": comments}},
        }  # fmt: skip
        message = pin(raw, "brewline")
        assert message is not None
        delivery = RawDelivery(transport="poll", body=msgspec.json.encode(raw), verified_by="token")
        served.write(intake.accept(served.earful.log, channel_id, delivery, [message], served.now()))
        served.settle()

    channel_id, kim = make(), served.signed_in()
    empty = kim.get(f"/channels/{channel_id}").text
    assert "Metrics only" in empty
    assert "No post has come yet" in empty
    look(40, 2)
    before = served.rows(select(events.c.type))
    look(1_234, 1)
    assert served.rows(select(events.c.type)) == before
    page = kim.get(f"/channels/{channel_id}").text
    assert "Two &lt;b&gt;cups&lt;/b&gt;" in page
    assert '<td class="number">1.2k</td><td class="number">2</td>' in page
    (row,) = served.rows(select(messages).where(messages.c.channel_id == channel_id))
    assert (row["edited_at"], row["case_id"]) == (None, None)
    assert served.rows(select(revisions)) == []
