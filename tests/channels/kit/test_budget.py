"""Limits are kept over every stretch of a window's length, whatever is asked and whenever Earful restarts."""

from hypothesis import given
from hypothesis import strategies as st

from earful.channels.kit.budget import Budget, Budgets, Limit, Priority
from earful.model.time import Instant

POSTS = Limit(name="posts", most=30, seconds=60)
START = 1_800_000_000_000


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> Instant:
        return Instant(self.at)


@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.sampled_from(list(Priority)), st.booleans()), max_size=150)
)
def test_no_window_holds_more_than_the_network_allows(steps: list[tuple[int, Priority, bool]]) -> None:
    clock = Clock()
    budget, kept, spent = Budget("token", [POSTS], clock), {}, []
    for wait, priority, restart in steps:
        clock.at += wait
        if restart:
            kept |= {one.span: one for one in budget.take_changes()}
            budget = Budget("token", [POSTS], clock)
            budget.restore(list(kept.values()))
        if budget.wait("posts", 1, priority) == 0:
            budget.spend("posts")
            spent.append(clock.at)
            kept |= {one.span: one for one in budget.take_changes()}
    for first in spent:
        assert sum(first <= one < first + 60_000 for one in spent) <= POSTS.most


def test_answers_get_what_history_may_not_have() -> None:
    clock = Clock()
    budget = Budget("token", [POSTS], clock)
    budget.spend("posts", 15)
    assert budget.wait("posts", 1, Priority.HISTORY) > 0
    assert budget.wait("posts", 1, Priority.LIVE) == 0
    budget.spend("posts", 12)
    assert budget.wait("posts", 1, Priority.LIVE) > 0
    assert budget.wait("posts", 1, Priority.REPLY) == 0


def test_a_wait_is_long_enough_and_not_for_ever() -> None:
    clock = Clock()
    budget = Budget("token", [POSTS], clock)
    budget.spend("posts", 30)
    wait = budget.wait("posts", 1, Priority.REPLY)
    assert 0 < wait <= 63
    clock.at += round(wait * 1000)
    assert budget.wait("posts", 1, Priority.REPLY) == 0


def test_what_the_network_says_counts_when_it_is_less() -> None:
    clock = Clock()
    budget = Budget("token", [POSTS], clock)
    budget.heed("posts", {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(START // 1000 + 40)})
    assert budget.wait("posts", 1, Priority.REPLY) == 40
    assert budget.left()[0].left == 0
    clock.at += 40_000
    assert budget.wait("posts", 1, Priority.REPLY) == 0
    budget.heed("posts", {"x-rate-limit-remaining": "soon", "x-rate-limit-reset": ""})
    budget.close(5)
    assert budget.wait("posts", 1, Priority.REPLY) == 5


def test_two_channels_of_one_token_share_its_budget() -> None:
    budgets = Budgets(Clock())
    budgets.of("app", [POSTS]).spend("posts", 30)
    assert budgets.of("app", [POSTS]).wait("posts") > 0
    assert budgets.of("other", [POSTS]).wait("posts") == 0
