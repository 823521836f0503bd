"""What other weights would do to the order of cases: a pure function of the parts that ratings keep."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from earful.triage.priority import Parts, Weights, total

TOP = 50
"""So many cases somebody looks at on a busy day."""


class Weighable(Struct, frozen=True, kw_only=True):
    """A case, and the parts of the messages that speak for it."""

    case_id: str
    number: int
    title: str
    person_name: str
    last_message_at: int
    spoken: tuple[Parts, ...]


class Placed(Struct, frozen=True, kw_only=True):
    """A case at its place, from 1, and how many places it went up; None when it was not among the first."""

    case_id: str
    number: int
    title: str
    person_name: str
    priority: int
    place: int
    moved: int


class Comparison(Struct, frozen=True, kw_only=True):
    """The same cases in two orders: the first of each, and what changes."""

    before: list[Placed]
    after: list[Placed]
    cases: int
    entered: int
    """Cases that come into the first, for as many that leave."""
    up: int
    down: int
    top: int


def compare(cases: Sequence[Weighable], now: Weights, then: Weights, top: int = TOP) -> Comparison:
    """Order the cases by present weights and by others, as the inbox orders them."""
    present, other = _ordered(cases, now), _ordered(cases, then)
    was = {one.case_id: place for place, (_, one) in enumerate(present)}
    will = {one.case_id: place for place, (_, one) in enumerate(other)}
    first, later = ({one.case_id for _, one in order[:top]} for order in (present, other))
    moves = [was[case_id] - place for case_id, place in will.items()]
    return Comparison(
        before=_placed(present[:top], was, will),
        after=_placed(other[:top], was, will),
        cases=len(cases),
        entered=len(later - first),
        up=sum(move > 0 for move in moves),
        down=sum(move < 0 for move in moves),
        top=min(top, len(cases)),
    )


def _ordered(cases: Iterable[Weighable], weights: Weights) -> list[tuple[int, Weighable]]:
    weighed = [(max(total(parts, weights) for parts in one.spoken), one) for one in cases]
    weighed.sort(key=lambda pair: (-pair[0], -pair[1].last_message_at, -pair[1].number))
    return weighed


def _placed(
    order: Sequence[tuple[int, Weighable]], was: dict[str, int], will: dict[str, int]
) -> list[Placed]:
    return [
        Placed(
            case_id=one.case_id,
            number=one.number,
            title=one.title,
            person_name=one.person_name,
            priority=priority,
            place=place,
            moved=was[one.case_id] - will[one.case_id],
        )
        for place, (priority, one) in enumerate(order, 1)
    ]
