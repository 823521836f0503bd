"""The pages of backtests: begin one from an editor's form, see how far it is, read it beside what is in force."""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import HTTPException, NotFoundException, PermissionDeniedException
from litestar.params import FromPath

from earful.desk.automation import form as rule_form
from earful.desk.automation import pages as rule_pages
from earful.desk.automation import service as automation
from earful.desk.backtest import rules, service
from earful.desk.backtest.jobs import Backtests, BusyError, Job
from earful.desk.backtest.rules import Draft, Effort, Subject
from earful.desk.backtest.service import InvalidDraftError, Wanted
from earful.desk.conditions.reading import InvalidConditionError
from earful.desk.playbooks import files as playbook_files
from earful.desk.playbooks import form as playbook_form
from earful.desk.playbooks import pages as playbook_pages
from earful.desk.playbooks import service as playbooks
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.routing.settings import free_id
from earful.desk.sla import forms as sla_forms
from earful.desk.sla import pages as sla_pages
from earful.desk.sla import settings as sla
from earful.desk.sla.rules import InvalidPolicyError
from earful.desk.users.rules import Permission
from earful.desk.views import form as forms
from earful.desk.views.pages import sent
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, page, parts_of, session_of, shell

READ = [needs(Permission.CASES_READ)]
PATH = "/backtests"
WEEKS = (1, 2, 4, 8, 13, 26)
GONE = (
    "This backtest is not here any more: results are kept until Earful starts again, the last "
    "twenty of them. Begin it again from its editor."
)
MAY = {
    Subject.PLAYBOOK: Permission.PLAYBOOKS_MANAGE,
    Subject.RULES: Permission.AUTOMATION_MANAGE,
    Subject.SLA: Permission.SLA_MANAGE,
}
"""Who may change something may test it, and read what came of it."""
BACK = {Subject.PLAYBOOK: "/playbooks", Subject.RULES: rule_pages.PATH, Subject.SLA: sla_pages.PATH}


def backtests_of(request: Ask) -> Backtests:
    """The backtests of this process."""
    found: Backtests = request.app.state.backtests
    return found


def job_of(request: Ask, job_id: str) -> Job:
    """A backtest that the asker may read. Raises NotFoundException, PermissionDeniedException."""
    job = backtests_of(request).find(job_id)
    if job is None:
        raise NotFoundException(GONE)
    if MAY[job.wanted.draft.subject] not in request.user.permissions:
        raise PermissionDeniedException(f"This needs the permission {MAY[job.wanted.draft.subject]}.")
    return job


def wanted_of(draft: Draft, given: dict[str, str]) -> Wanted:
    """What a form asks for. A number of weeks that is none is the usual one."""
    weeks = given.get("weeks", "")
    return Wanted(
        draft=draft,
        weeks=int(weeks) if weeks.isascii() and weeks.isdecimal() and len(weeks) < 4 else rules.WEEKS,
        imported=given.get("imported") == "1",
    )


async def begin(request: Ask, wanted: Wanted) -> Job:
    """Check and start a backtest. Raises InvalidDraftError, ProblemError when too many wait."""
    parts = parts_of(request)
    await parts.store.read(lambda tx: service.check(tx, wanted, parts.clock()))
    try:
        return backtests_of(request).start(wanted, who_asks(request).name)
    except BusyError as error:
        raise ProblemError(429, str(error)) from error


async def _started(request: Ask, draft: Draft) -> Response[Any]:
    return go(f"{PATH}/{(await begin(request, wanted_of(draft, await form(request)))).id}")


@post(
    f"{PATH}/playbook", guards=[needs(Permission.PLAYBOOKS_MANAGE)], status_code=200, include_in_schema=False
)
async def playbook(request: Ask) -> Response[Any]:
    """Test the playbook that the editor's form says, unsaved."""
    given, _ = await sent(request)
    root, made = forms.of_form(given), playbook_form.of_form(given)
    try:
        return await _started(
            request, Draft(playbook=playbook_form.playbook_of(made, forms.condition_of(root)))
        )
    except (InvalidDraftError, InvalidConditionError):
        words = "It cannot be tested like this: the places are marked below."
        return await playbook_pages.show(request, made, root, status=422, problem=words)


@post(f"{PATH}/rule", guards=[needs(Permission.AUTOMATION_MANAGE)], status_code=200, include_in_schema=False)
async def rule(request: Ask) -> Response[Any]:
    """Test the rules with the one that the editor's form says, unsaved."""
    given, _ = await sent(request)
    root, made = forms.of_form(given), rule_form.of_form(given)
    held = (await parts_of(request).store.read(automation.in_force)).rules
    try:
        name = made.id or free_id([one.id for one in held], made.name)
        drafted = rule_form.rule_of(made, forms.condition_of(root), name)
        return await _started(request, Draft(rules=automation.with_rule(held, drafted)))
    except (InvalidDraftError, InvalidConditionError):
        words = "It cannot be tested like this: the places are marked below."
        return await rule_pages.show(request, made, root, problem=words)


@post(
    f"{PATH}/policy/{{policy_id:str}}",
    guards=[needs(Permission.SLA_MANAGE)],
    status_code=200,
    include_in_schema=False,
)
async def policy(request: Ask, policy_id: FromPath[str]) -> Response[Any]:
    """Test the policies with the one that the editor's form says, unsaved: a new one as the last."""
    given = await form(request)
    shown = sla_forms.form_from(policy_id, given, await sla_pages.many_of(request))
    held = (await parts_of(request).store.read(sla.in_force)).policies
    try:
        drafted = sla_forms.policy_of(shown)
        known = any(one.id == drafted.id for one in held)
        changed = tuple(drafted if one.id == drafted.id else one for one in held)
        return await _started(request, Draft(policies=changed if known else (*held, drafted)))
    except (InvalidDraftError, InvalidPolicyError) as error:
        return await sla_pages.edit(request, policy_id, given, f"{error} Nothing was tested.")


@post(f"{PATH}/rules", guards=[needs(Permission.AUTOMATION_MANAGE)], status_code=200, include_in_schema=False)
async def all_rules(request: Ask) -> Response[Any]:
    """Test the rules as they are."""
    return await _started(
        request, Draft(rules=(await parts_of(request).store.read(automation.in_force)).rules)
    )


@post(f"{PATH}/policies", guards=[needs(Permission.SLA_MANAGE)], status_code=200, include_in_schema=False)
async def all_policies(request: Ask) -> Response[Any]:
    """Test the policies as they are."""
    return await _started(
        request, Draft(policies=(await parts_of(request).store.read(sla.in_force)).policies)
    )


@get(PATH, guards=READ, include_in_schema=False)
async def list_page(request: Ask) -> Response[str]:
    """The backtests that are kept, and by which minutes agent hours are reckoned."""
    permissions = session_of(request).permissions
    jobs = [one for one in backtests_of(request).listed() if MAY[one.wanted.draft.subject] in permissions]
    return page(
        request,
        "backtest/list.html",
        shell=await shell(request, "playbooks", request.query_params.get("notice", "")[:300]),
        jobs=jobs,
        effort=await parts_of(request).store.read(service.effort),
        may_manage=Permission.PLAYBOOKS_MANAGE in permissions,
        most=rules.MINUTES_MOST,
    )


@get(f"{PATH}/{{job_id:str}}", guards=READ, include_in_schema=False)
async def job_page(request: Ask, job_id: FromPath[str]) -> Response[str]:
    """One backtest: how far it is, or what it found."""
    job_of(request, job_id)
    shown = await shell(request, "playbooks")
    # As it is at one moment: it may end while the page is made.
    job = msgspec.structs.replace(job_of(request, job_id))
    draft = job.wanted.draft.playbook
    return page(
        request,
        "backtest/page.html",
        shell=shown,
        job=job,
        subject=job.wanted.draft.subject,
        back=BACK[job.wanted.draft.subject],
        toml=playbook_files.write(draft) if draft is not None else "",
        sections=sections(job) if job.result is not None else [],
        What=rules.What,
    )


def sections(job: Job) -> list[tuple[str, list[rules.Row], float, float]]:
    """(words of a group, its numbers, the greatest of them, the most minutes); all cases come first."""
    found: dict[str, list[rules.Row]] = {}
    for row in job.result.rows if job.result is not None else []:
        found.setdefault(row.group, []).append(row)
    work = (rules.What.MINUTES, rules.What.SPARED)
    return [
        (
            group,
            rows,
            _most(one for one in rows if one.what not in work),
            _most(one for one in rows if one.what in work),
        )
        for group, rows in found.items()
    ]


def _most(rows: Iterable[rules.Row]) -> float:
    return max((max(one.present, one.draft) for one in rows), default=0) or 1


@get(f"{PATH}/{{job_id:str}}/progress", guards=READ, include_in_schema=False)
async def progress(request: Ask, job_id: FromPath[str]) -> Response[str]:
    """How far it is; when it is over, the page loads again and shows what was found."""
    job = job_of(request, job_id)
    headers = {"HX-Refresh": "true"} if job.over else {}
    session_of(request)
    return page(
        request, "backtest/progress.html", headers=headers, job=job, shell=await shell(request, "playbooks")
    )


@post(f"{PATH}/{{job_id:str}}/stop", guards=READ, status_code=200, include_in_schema=False)
async def stop(request: Ask, job_id: FromPath[str]) -> Response[Any]:
    """End it; what it found so far is shown."""
    backtests_of(request).stop(job_of(request, job_id))
    return go(f"{PATH}/{job_id}")


@post(
    f"{PATH}/{{job_id:str}}/adopt",
    guards=[needs(Permission.PLAYBOOKS_MANAGE)],
    status_code=200,
    include_in_schema=False,
)
async def adopt(request: Ask, job_id: FromPath[str]) -> Response[Any]:
    """Put the tested playbook in force, as a new version; the list then offers to undo it."""
    parts, who, drafted = parts_of(request), who_asks(request), job_of(request, job_id).wanted.draft.playbook
    if drafted is None:
        raise HTTPException(
            "Only a playbook is put in force from here; nothing was changed.", status_code=422
        )

    def verb(tx: Tx) -> playbooks.Saved:
        return playbooks.save(tx, parts.log, who, drafted, parts.clock())

    try:
        saved = await parts.store.write(verb)
    except InvalidPlaybookError as error:
        raise HTTPException(f"{error}. Nothing was changed.", status_code=422) from error
    return go(f"/playbooks?saved={drafted.id}&before={saved.before}" if saved.changed else "/playbooks")


@post(
    f"{PATH}/minutes", guards=[needs(Permission.PLAYBOOKS_MANAGE)], status_code=200, include_in_schema=False
)
async def minutes(request: Ask) -> Response[Any]:
    """Keep the minutes by which agent hours are reckoned."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    try:
        wanted = msgspec.convert(
            {one: float(given.get(one, "").replace(",", ".")) for one in Effort.__struct_fields__}, Effort
        )
        rules.check_effort(wanted)
    except ValueError as error:
        words = f"Write minutes from 0 to {rules.MINUTES_MOST} for each; nothing was changed."
        raise HTTPException(words, status_code=422) from error
    await parts.store.write(lambda tx: service.keep_effort(tx, who, wanted, parts.clock()))
    return go(f"{PATH}?notice=Saved.+The+next+backtest+reckons+with+it.")


HANDLERS: list[Any] = [
    list_page, playbook, rule, policy, all_rules, all_policies, job_page, progress, stop, adopt, minutes,
]  # fmt: skip
