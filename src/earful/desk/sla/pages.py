"""Settings, SLA: the policies in their order, one to edit, what it would give, versions and undo."""

from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.conditions.words import says, value_label
from earful.desk.sla import forms, rules, service, settings
from earful.desk.sla.rules import Policy, Targets
from earful.desk.users.rules import Permission
from earful.desk.views import form as condition_forms
from earful.desk.views import pages as view_pages
from earful.model.conditions import ALWAYS
from earful.model.ids import new_id
from earful.model.time import DAY, instant, moment
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import (
    Ask,
    form,
    go,
    is_htmx,
    page,
    parts_of,
    session_of,
    shell,
    undo_note,
    version_in,
)

MANAGE = [needs(Permission.SLA_MANAGE)]
PATH = "/settings/sla"
NEW = "new"
RECENT_DAYS = 7
SUGGESTED = Policy(
    id=NEW,
    name="",
    targets=Targets(
        first_answer=(480, 480, 240, 120, 60), next_answer=(480, 480, 240, 120, 60),
        resolution=(2400, 2400, 1440, 960, 480),
    ),
)  # fmt: skip
"""What a new policy's form begins with."""


class Listed(Struct, frozen=True, kw_only=True):
    """A policy in the list."""

    policy: Policy
    targets: dict[str, list[str]]
    calendar: str
    sentence: str
    """Which cases it is for, in words; empty for all."""


class View(Struct, frozen=True, kw_only=True):
    """What the list shows."""

    policies: list[Listed]
    seq: int
    versions: list[settings.Version]
    progress: settings.Progress
    breaches: int
    told: dict[str, Any] | None = None


class Editor(Struct, frozen=True, kw_only=True):
    """What a policy's page shows."""

    form: forms.Form
    seq: int
    root: condition_forms.Group
    offered: view_pages.Offered
    calendars: list[tuple[str, str]]
    at: str
    severity: int
    zone: tzinfo
    what_if: forms.WhatIf | None = None
    problem: str = ""
    what_if_problem: str = ""


def _view(tx: Tx, now: int, told: dict[str, Any] | None = None) -> View:
    book = settings.in_force(tx)
    return View(
        policies=[
            Listed(
                policy=one,
                targets=forms.form_of(one).targets,
                calendar=kept.calendar.name if (kept := book.calendar(one)) is not None else "",
                sentence=says(rules.condition_of(one)) if rules.condition_of(one) != ALWAYS else "",
            )
            for one in book.policies
        ],
        seq=book.seq,
        versions=settings.versions(tx),
        progress=settings.progress(tx),
        breaches=service.broken_since(tx, now, RECENT_DAYS),
        told=told,
    )


@get(PATH, guards=MANAGE, include_in_schema=False)
async def policies_page(request: Ask) -> Response[str]:
    """The policies in their order. `undo`: the version before, to be offered."""
    parts, told = parts_of(request), undo_note(request, PATH)
    view = await parts.store.read(lambda tx: _view(tx, parts.clock(), told))
    around = await shell(request, "settings", request.query_params.get("notice", "")[:300])
    return page(request, "settings/sla.html", shell=around, view=view)


@get(f"{PATH}/progress", guards=MANAGE, include_in_schema=False)
async def progress(request: Ask) -> Response[str]:
    """How far the open cases have been recomputed."""
    session_of(request)
    found = await parts_of(request).store.read(settings.progress)
    return page(request, "settings/sla_progress.html", progress=found)


def _editor(
    tx: Tx, shown: forms.Form, seq: int, now: int, given: dict[str, str], problem: str = ""
) -> Editor:
    book = settings.in_force(tx)
    kept = book.calendars.get(shown.calendar)
    zone = ZoneInfo(kept.calendar.zone if kept is not None else "UTC")
    severity = given.get("what_severity", "2")
    chosen = int(severity) if severity in {"0", "1", "2", "3", "4"} else 2
    at, wrong, answer = now, "", None
    try:
        at = _instant(given.get("what_at", ""), zone, now)
        policy = forms.policy_of(shown)
        answer = forms.what_if(policy, kept.calendar if kept is not None else None, chosen, at)
    except rules.InvalidPolicyError as error:
        wrong = str(error)
    local = moment(at).astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    return Editor(
        form=shown,
        seq=seq,
        root=shown.root,
        offered=view_pages.offered(tx, []),
        calendars=[(one.calendar.id, one.calendar.name) for one in book.calendars.values()],
        at=given.get("what_at") or local,
        severity=chosen,
        zone=zone,
        what_if=answer,
        problem=problem,
        what_if_problem=wrong,
    )


def _instant(text: str, zone: tzinfo, now: int) -> int:
    """The instant that a wall clock in `zone` means. Raises InvalidPolicyError."""
    if not text:
        return now
    try:
        at = instant(datetime.fromisoformat(text).replace(tzinfo=zone))
    except (ValueError, OverflowError) as error:
        raise rules.InvalidPolicyError("Choose a day and a time.") from error
    if abs(at - now) > 20 * 366 * DAY:
        raise rules.InvalidPolicyError("Choose a time within twenty years.")
    return at


async def edit(request: Ask, policy_id: str, given: dict[str, str], problem: str = "") -> Response[str]:
    """The editor of a policy, with what its form says and what keeps it from being used."""
    parts, many = parts_of(request), await many_of(request) if request.method == "POST" else {}

    def read(tx: Tx) -> Editor:
        book = settings.in_force(tx)
        if request.method == "POST":
            seq = given.get("seq", "0")
            shown = forms.form_from(policy_id, given, many)
            return _editor(tx, shown, int(seq) if seq.isdecimal() else 0, parts.clock(), given, problem)
        held = {one.id: one for one in book.policies} | {NEW: SUGGESTED}
        if policy_id not in held:
            raise NotFoundException("There is no such policy; it may have been removed.")
        return _editor(tx, forms.form_of(held[policy_id]), book.seq, parts.clock(), given, problem)

    editor = await parts.store.read(read)
    if is_htmx(request):
        return page(request, "settings/sla_what_if.html", editor=editor)
    around = await shell(request, "settings")
    status = 422 if problem else 200
    return page(
        request,
        "settings/sla_policy.html",
        status=status,
        shell=around,
        editor=editor,
        value_label=value_label,
    )


async def many_of(request: Ask) -> dict[str, list[str]]:
    """The fields of a form, each with all its values."""
    given, _ = await view_pages.sent(request)
    return given


@get(f"{PATH}/{{policy_id:str}}", guards=MANAGE, include_in_schema=False)
async def policy_page(request: Ask, policy_id: FromPath[str]) -> Response[str]:
    """One policy, or `new`."""
    return await edit(request, policy_id, {})


@post(f"{PATH}/{{policy_id:str}}/what-if", guards=MANAGE, status_code=200, include_in_schema=False)
async def what_if(request: Ask, policy_id: FromPath[str]) -> Response[str]:
    """When what somebody says at `what_at` would be due by the form as it is; nothing is kept."""
    return await edit(request, policy_id, await form(request))


@post(f"{PATH}/{{policy_id:str}}", guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask, policy_id: FromPath[str]) -> Response[Any]:
    """Put the form's policy in force: a new one at the end, else where it stood."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    shown = forms.form_from(policy_id, given, await many_of(request))
    seen = given.get("seq", "")
    try:
        policy = forms.policy_of(shown)

        def verb(tx: Tx) -> settings.Saved:
            now = parts.clock()
            held = settings.in_force(tx).policies
            if policy_id == NEW:
                wanted = (*held, msgspec.structs.replace(policy, id=new_id(now)))
            else:
                wanted = tuple(policy if one.id == policy_id else one for one in held)
            start = int(seen) if seen.isdecimal() and policy_id != NEW else None
            return settings.save(tx, parts.log, who, wanted, now, seen=start)

        done = await parts.store.write(verb)
    except (rules.InvalidPolicyError, settings.StaleError) as error:
        return await edit(request, policy_id, given, f"{error} Nothing was saved.")
    if not done.changed:
        return go(f"{PATH}?notice=This+is+in+force+already.")
    return go(f"{PATH}?saved=Policy+saved&undo={done.before}")


@post(
    [f"{PATH}/{{policy_id:str}}/remove", f"{PATH}/{{policy_id:str}}/up"],
    guards=MANAGE,
    status_code=200,
    include_in_schema=False,
)
async def arrange(request: Ask, policy_id: FromPath[str]) -> Response[Any]:
    """Take a policy away, or let it be asked before the one above it."""
    parts, who, up = parts_of(request), who_asks(request), request.url.path.endswith("/up")

    def verb(tx: Tx) -> settings.Saved:
        held = list(settings.in_force(tx).policies)
        place = next((n for n, one in enumerate(held) if one.id == policy_id), None)
        if place is None:
            raise rules.InvalidPolicyError("This policy was removed already.")
        policy = held.pop(place)
        if up:
            held.insert(max(place - 1, 0), policy)
        return settings.save(tx, parts.log, who, tuple(held), parts.clock())

    try:
        done = await parts.store.write(verb)
    except rules.InvalidPolicyError as error:
        raise HTTPException(str(error), status_code=422) from error
    if not done.changed:
        return go(PATH)
    return go(f"{PATH}?saved={'Policy+moved' if up else 'Policy+removed'}&undo={done.before}")


@post(f"{PATH}/restore", guards=MANAGE, status_code=200, include_in_schema=False)
async def restore(request: Ask) -> Response[Any]:
    """Put an earlier version (`seq`) of the policies in force again."""
    parts, who = parts_of(request), who_asks(request)
    seq = version_in(await form(request))
    try:
        done = await parts.store.write(lambda tx: settings.restore(tx, parts.log, who, seq, parts.clock()))
    except rules.InvalidPolicyError as error:
        raise HTTPException(str(error), status_code=422) from error
    if not is_htmx(request):
        return go(f"{PATH}?saved=Earlier+version+in+force&undo={done.before}")
    view = await parts.store.read(lambda tx: _view(tx, parts.clock()))
    return page(request, "settings/sla_update.html", shell=await shell(request, "settings"), view=view)


HANDLERS: list[Any] = [policies_page, progress, policy_page, what_if, save, arrange, restore]
