"""Choosing a template for a case, filling it in and sending it; the templates of a channel."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.channels.contract import Files, TemplateSource
from earful.desk.answering import service as answering
from earful.desk.approval import service as approval
from earful.desk.attaching import rules as files_rules
from earful.desk.attaching import service as attaching
from earful.desk.attaching.rules import File
from earful.desk.attaching.uploading import BODY, keep
from earful.desk.cases.pages import act
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.desk.inbox import pages as inbox
from earful.desk.inbox import service as reading
from earful.desk.templates import rules, service
from earful.desk.templates.rules import Wanted
from earful.desk.templates.service import Reading
from earful.desk.users.rules import Permission
from earful.desk.users.service import Session
from earful.desk.windows import panel as windows
from earful.desk.windows.rules import Standing
from earful.model.desk import CaseDetail, TimelineMessage
from earful.model.message import Visibility
from earful.model.template import Place, Template
from earful.outbox import service as outbox
from earful.parts import Parts
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, page, parts_of, session_of, shell, told

SEND = [needs(Permission.REPLIES_SEND)]
READ = [needs(Permission.CHANNELS_READ)]
MANAGE = [needs(Permission.CHANNELS_MANAGE)]
VALUE = "value."


class Choosing(Struct, frozen=True, kw_only=True):
    """The page on which a template is chosen for a case."""

    detail: CaseDetail
    to: TimelineMessage
    window: Standing | None
    templates: list[tuple[Template, str]]
    """Each with why it cannot be sent; empty where it can."""
    reading: Reading
    chosen: Template | None
    wanted: list[Wanted]
    takes: Files | None
    """What the chosen template begins with; None where that is no file."""
    takes_words: str
    files: list[File]
    """Files of one's draft that it may begin with."""
    shown: list[tuple[Place, str]]


def values_in(data: Mapping[str, str]) -> dict[str, str]:
    """What was filled in."""
    return {name.removeprefix(VALUE): text for name, text in data.items() if name.startswith(VALUE)}


def choosing(
    tx: Tx,
    parts: Parts,
    session: Session,
    number: int,
    given: Mapping[str, str],
    reply_to: str,
    native_id: str,
) -> Choosing:
    """The templates for what is answered in a case. Raises NotFoundException and ProblemError."""
    detail = reading.detail(
        tx, number, session.user, session.sign_off, inbox.rendering(parts), reply_to=reply_to
    )
    if detail is None:
        raise NotFoundException(f"There is no case #{number}.")
    to = detail.answered
    if to is None or not parts.capabilities(to.channel_id).templates:
        raise ProblemError(404, "The network of this message has no templates.")
    language = rules.language_of(detail)
    listed = service.listed(tx, to.channel_id, language)
    chosen = next((one for one in listed if one.native_id == native_id), None)
    if chosen is not None and rules.problem(chosen):
        chosen = None
    known = rules.known_of(detail, session.user.name, parts.workspace)
    wanted = rules.wanted(chosen, known) if chosen is not None else []
    takes = parts.capabilities(to.channel_id).template_files.get(chosen.media) if chosen is not None else None
    kept = attaching.of_draft(tx, session.user.id, detail.row.id) if takes is not None else []
    values = {one.key: given.get(one.key, one.value) for one in wanted}
    return Choosing(
        detail=detail,
        to=to,
        window=windows.panel(tx, detail, parts.capabilities),
        templates=[(one, rules.problem(one)) for one in listed],
        reading=service.reading(tx, to.channel_id),
        chosen=chosen,
        wanted=[msgspec.structs.replace(one, value=values[one.key]) for one in wanted],
        takes=takes,
        takes_words=files_rules.in_words(takes) if takes is not None else "",
        files=[one for one in kept if not files_rules.problems([one], takes, "")],
        shown=rules.shown(chosen, values) if chosen is not None else [],
    )


async def _choose(
    request: Ask,
    number: int,
    given: Mapping[str, str],
    *,
    template: str = "templates/choose.html",
    problem: str = "",
) -> Response[str]:
    parts, session = parts_of(request), session_of(request)
    found = await parts.store.read(
        lambda tx: choosing(
            tx, parts, session, number, values_in(given), given.get("to", ""), given.get("template", "")
        )
    )
    return page(
        request,
        template,
        status=422 if problem else 200,
        shell=await shell(request, "inbox"),
        found=found,
        problem=problem,
    )


@get("/inbox/case/{number:int}/template", guards=SEND, include_in_schema=False)
async def choose(request: Ask, number: FromPath[int]) -> Response[str]:
    """The templates for answering a message (`to`) of a case; with `template`, that one to be filled in."""
    return await _choose(request, number, dict(request.query_params.items()))


@post("/inbox/case/{number:int}/template/preview", guards=SEND, status_code=200, include_in_schema=False)
async def preview(request: Ask, number: FromPath[int]) -> Response[str]:
    """What the customer would read, with what is filled in by now."""
    return await _choose(request, number, await form(request), template="templates/preview.html")


async def _file(request: Ask, case_id: str) -> list[str]:
    """The file that a template is to begin with: `upload`, else `file` of one's draft."""
    data = await request.form()
    upload, chosen = data.get("upload"), data.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        return [(await keep(parts_of(request), who_asks(request), case_id, upload)).id]
    return [chosen] if isinstance(chosen, str) and chosen else []


@post(
    "/cases/{case_id:str}/template",
    guards=SEND,
    status_code=200,
    include_in_schema=False,
    request_max_body_size=BODY,
)
async def send(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Send a template: `template`, `in_reply_to`, `version` as seen, `value.KEY` for each variable, and its file."""
    data, who, parts, session = await form(request), who_asks(request), parts_of(request), session_of(request)
    may_approve = Permission.REPLIES_APPROVE in session.permissions
    files = await _file(request, case_id)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        to = data.get("in_reply_to", "")
        channel_id, _ = outbox.place_of(tx, to)
        why = approval.because(tx, who.id, case_id, Visibility.DIRECT, now, may_approve=may_approve)
        draft = service.draft(
            tx,
            channel_id,
            data.get("template", ""),
            values_in(data),
            in_reply_to=to,
            audience=Visibility.DIRECT,
            delay=answering.delay(tx, who.id),
            seen_version=int(data["version"]) if data.get("version", "").isdecimal() else None,
            now=now,
            reply_id=data.get("client_id", ""),
            files=files,
        )
        can = parts.capabilities(channel_id)
        approval.hand_in(tx, parts.log, who, draft, can, why, now)
        if why:
            return told("Waits for approval; a lead sees it now", f"/outbox/{draft.id}/cancel")
        return told("Sending…", f"/outbox/{draft.id}/cancel", undo_for=draft.delay or None)

    try:
        return await act(request, case_id, verb)
    except (outbox.RefusedReplyError, service.NotFoundError, rules.MissingError) as error:
        raise ProblemError(422, str(error)) from error


@get("/channels/{channel_id:str}/templates", guards=READ, include_in_schema=False)
async def of_channel(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """The templates of a channel, with what the network thinks of each."""
    parts = parts_of(request)

    def read(tx: Tx) -> tuple[Channel | None, list[tuple[Template, str]], Reading]:
        listed = [(one, rules.problem(one)) for one in service.listed(tx, channel_id)]
        return channels.get(tx, channel_id), listed, service.reading(tx, channel_id)

    channel, listed, when = await parts.store.read(read)
    if channel is None:
        return go("/channels?notice=This+channel+does+not+exist.")
    return page(
        request,
        "templates/channel.html",
        shell=await shell(request, "channels"),
        channel=channel,
        templates=listed,
        reading=when,
        there=isinstance(parts.connectors.get(channel_id), TemplateSource),
        may_manage=Permission.CHANNELS_MANAGE in session_of(request).permissions,
    )


@post("/channels/{channel_id:str}/templates/read", guards=MANAGE, status_code=200, include_in_schema=False)
async def read_again(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """Read a channel's templates again."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> bool:
        known = channels.get(tx, channel_id) is not None
        if known:
            service.ask(tx, who, channel_id, parts.clock())
        return known

    known = await parts.store.write(verb)
    return go(
        f"/channels/{channel_id}/templates" if known else "/channels?notice=This+channel+does+not+exist."
    )


HANDLERS: list[Any] = [choose, preview, send, of_channel, read_again]
