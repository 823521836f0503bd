"""The present one, tested over history, says what really happened; a draft says what would have: on both databases."""

from collections import Counter

from sqlalchemy import select

from earful.desk.backtest import service
from earful.desk.backtest.rules import Draft, Result, What
from earful.desk.backtest.service import Wanted
from earful.store.tables import automation_runs, case_clocks, case_runs, run_steps, sla_breaches
from earful.store.tables import cases as cases_table
from tests.conftest import Desk

from .living import KETTLE, POLICIES, RULES, furnish, live


def run(desk: Desk, draft: Draft, weeks: int = 1) -> Result:
    told: list[tuple[int, int]] = []
    wanted = Wanted(draft=draft, weeks=weeks)
    found = service.run(desk.store, wanted, desk.now, lambda *far: told.append(far))
    assert told[-1] == (found.cases, found.cases)
    return found


def rows(desk: Desk, query: object) -> list[dict[str, object]]:
    return [dict(row) for row in desk.store.read_now(lambda tx: tx.rows(query))]  # type: ignore[arg-type]


def numbers(result: Result, what: What) -> dict[tuple[str, str], float]:
    return {(one.group, one.detail): one.present for one in result.rows if one.what is what and one.present}


def test_the_present_one_says_what_really_happened(desk: Desk) -> None:
    furnish(desk)
    live(desk, 7, 13)
    _paths(desk)
    _promises(desk)
    _acts(desk)


def _paths(desk: Desk) -> None:
    really = rows(desk, select(case_runs))
    total = len(rows(desk, select(cases_table.c.id)))
    result = run(desk, Draft(playbook=KETTLE))
    names = {"kettle/mild": "Kettle: Mild", "kettle/grave": "Kettle: Grave", "rest/main": "The rest: Main"}
    taken = Counter((names[f"{one['playbook_id']}/{one['path']}"], "") for one in really)
    assert len(taken) == 3
    assert numbers(result, What.CASES) == taken
    assert numbers(result, What.TOTAL) == {("", ""): total}
    assert numbers(result, What.WITHOUT)["", ""] == total - len(really)
    state = {one["id"]: one["state"] for one in really}
    missed = [
        one
        for one in rows(desk, select(run_steps))
        if one["late"]
        or (one["ended_at"] is None and one["due_at"] <= desk.now and state[one["run_id"]] == "running")  # type: ignore[operator]
    ]
    assert len(missed) > 3
    assert numbers(result, What.MISSED)["", ""] == len(missed)
    # The same as what is in force makes no difference anywhere.
    assert all(one.present == one.draft and not one.differ for one in result.rows)


def _promises(desk: Desk) -> None:
    result = run(desk, Draft(policies=POLICIES))
    policies = {one.id: one.name for one in POLICIES}
    ended = [one for one in rows(desk, select(case_clocks)) if one["done_at"] is not None]
    kept = Counter(
        (policies[str(one["policy_id"])], one["kind"]) for one in ended if one["done_at"] <= one["due_at"]  # type: ignore[operator]
    )  # fmt: skip
    broken = Counter(
        (policies[str(one["policy_id"])], one["kind"]) for one in rows(desk, select(sla_breaches))
    )
    assert broken
    found = numbers(result, What.KEPT)
    assert {key: value for key, value in found.items() if key[0]} == kept
    found = numbers(result, What.BROKEN)
    assert {key: value for key, value in found.items() if key[0]} == broken


def _acts(desk: Desk) -> None:
    result = run(desk, Draft(rules=RULES))
    done = Counter(str(one["rule_id"]) for one in rows(desk, select(automation_runs)))
    assert set(done) == {one.id for one in RULES}
    names = {one.id: one.name for one in RULES}
    assert numbers(result, What.ACTED) == {(names[one], ""): count for one, count in done.items()}
