"""Lists whose newest come first, from a place in time."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from earful.channels.kit.budget import Budget, Limit
from earful.channels.kit.newest import Batch, NewestFirst
from earful.model.message import Actor, Change, IncomingMessage
from earful.model.time import Instant
from tests.channels.running import run

NOW = Instant(1_795_000_000_000)
SIZE = 3


class Shelf:
    """A network's list of numbered things, three on a page, that anybody may delete."""

    def __init__(self) -> None:
        self.there: list[int] = []
        self.asked = 0

    async def page(self, floor: int, token: str) -> Batch:
        self.asked += 1
        newest = sorted(self.there, reverse=True)
        start = newest.index(int(token)) if token in map(str, newest) else 0
        page = newest[start : start + SIZE]
        following = newest[start + SIZE : start + SIZE + 1]
        messages = [
            IncomingMessage(
                native_id=str(one), author=Actor(native_id="a"), occurred_at=datetime.fromtimestamp(one, UTC)
            )
            for one in page
        ]
        return Batch(raw=b"[]", messages=messages, orders=page, next=str(following[0]) if following else "")


def test_another_wording_of_what_was_handed_in_is_handed_in_as_well() -> None:
    async def story() -> None:
        wording = {"text": "It leaks", "change": Change.CREATE}

        async def page(_floor: int, _token: str) -> Batch:
            message = IncomingMessage(
                native_id="1",
                author=Actor(native_id="a"),
                occurred_at=datetime.fromtimestamp(1, UTC),
                **wording,
            )
            return Batch(raw=b"[]", messages=[message], orders=[1])

        budget = Budget("one", [Limit(name="reads", most=1_000, seconds=60)], lambda: NOW)
        source = NewestFirst(page, budget, NOW, name="one", limit="reads", overlap=4, most_pages=5)
        counts = [len((await source.page("1")).messages)]
        for changed in ({}, {"text": "It leaks less"}, {}, {"change": Change.DELETE, "text": ""}, {}):
            wording |= changed
            counts.append(len((await source.page("1")).messages))
        assert counts == [1, 0, 1, 0, 1, 0]

    run(story())


def reader(shelf: Shelf, *, began: int = 0, overlap: int = 4, pages: int = 50) -> NewestFirst:
    budget = Budget("one", [Limit(name="reads", most=1_000, seconds=60)], lambda: NOW)
    return NewestFirst(
        shelf.page, budget, Instant(began), name="one", limit="reads", overlap=overlap, most_pages=pages
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.lists(st.integers(0, 3), max_size=2), st.booleans()), max_size=8
    )
)
def test_nothing_is_missed_whatever_is_deleted_in_between_and_whenever_it_starts_anew(
    rounds: list[tuple[int, list[int], bool]],
) -> None:
    async def story() -> None:
        shelf = Shelf()
        source = reader(shelf)
        cursor = (await source.page(None)).cursor
        number, found = 0, set()
        for count, taken_back, restarted in rounds:
            fresh = list(range(number + 1, number + count + 1))
            number += count
            shelf.there += fresh
            shelf.there = [one for one in shelf.there if one not in {number - back for back in taken_back}]
            if restarted:
                source = reader(shelf)
            page = await source.page(cursor)
            cursor = page.cursor
            ids = [int(one.native_id) for one in page.messages]
            assert ids == sorted(ids)
            found |= set(ids)
            assert set(fresh) & set(shelf.there) <= found

    run(story())


def test_known_ones_are_not_handed_in_again_and_old_pages_not_asked_for() -> None:
    async def story() -> None:
        shelf = Shelf()
        shelf.there = list(range(1, 100))
        source = reader(shelf)
        page = await source.page("99")
        assert [one.native_id for one in page.messages] == ["94", "95", "96", "97", "98", "99"]
        assert shelf.asked == 2
        again = await source.page(page.cursor)
        assert (again.messages, again.delivery.body) == ([], b"")

    run(story())


def test_what_was_there_before_the_channel_is_history() -> None:
    async def story() -> None:
        shelf = Shelf()
        shelf.there = [10, 20]
        page = await reader(shelf, began=15_000).page(None)
        assert [(one.native_id, one.backfill) for one in page.messages] == [("10", True), ("20", False)]

    run(story())
