"""Replies for programs: files are put to a draft first, then a reply is handed in with their ids."""

from functools import partial
from typing import Any

from litestar import Response, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.answering import service as answering
from earful.desk.approval import service as approval
from earful.desk.attaching import service as attaching
from earful.desk.attaching.rules import File
from earful.desk.attaching.uploading import BODY, keep
from earful.desk.cases import service as cases
from earful.desk.users import service as users
from earful.desk.users.rules import OF_ROLE, Permission
from earful.model.desk import SendState
from earful.model.ids import new_id
from earful.model.message import Visibility
from earful.outbox import service as outbox
from earful.outbox.preview import divided
from earful.store.audit import Who
from earful.store.errors import ConflictError
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.once import Key, once
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

SEND = [needs(Permission.REPLIES_SEND)]


class ReplyBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply in a colleague's name (`user_id`).

    `in_reply_to` is the `id` of the customer's message, `files` ids of files of that colleague's draft, in order,
    `alts` what pictures show, by id, `seen_version` the case's version that was read.
    """

    user_id: str
    in_reply_to: str
    audience: Visibility
    text: str
    files: list[str] = []
    alts: dict[str, str] = {}
    seen_version: int | None = None


class Queued(Struct, frozen=True, kw_only=True):
    """Where a reply is now: `queued`, or `approval` when somebody else has to read it first, and why."""

    id: str
    state: SendState
    because: str = ""


@post(
    "/api/v1/cases/{case_id:str}/files",
    guards=SEND,
    status_code=201,
    exclude_from_csrf=True,
    request_max_body_size=BODY,
)
async def add_file(request: Ask, case_id: FromPath[str], user_id: str) -> File:
    """Put a file to the draft of a colleague (`user_id`): `multipart/form-data` with one field `upload`.

    What it is follows from its content, never from its name. Answers with its id, for `files` of a reply. 413 when it
    is larger than the setting `reply_file_megabytes` allows, 422 for a kind that is not sent.
    """
    program_only(request)
    parts, token = parts_of(request), who_asks(request)
    sent = (await request.form()).get("upload")
    if not isinstance(sent, UploadFile):
        raise ProblemError(
            422, "Send the file as the field `upload` of multipart/form-data; nothing was added."
        )

    def acting(tx: Tx) -> Who:
        cases.number_of(tx, case_id)
        return users.acting(tx, token, user_id, Permission.REPLIES_SEND, parts.clock())

    try:
        who = await parts.store.write(acting)
    except cases.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    except users.InvalidError as error:
        raise ProblemError(422, str(error)) from error
    return await keep(parts, who, case_id, sent)


@post("/api/v1/cases/{case_id:str}/replies", guards=SEND, status_code=201, exclude_from_csrf=True)
async def reply(
    request: Ask, case_id: FromPath[str], data: ReplyBody, idempotency_key: Key = None
) -> Response[bytes]:
    """Answer a customer in a colleague's name, with files or without.

    Everything is checked that is checked for people: audience, length, private data, gaps, what the network takes of
    files, approval. A text that is too long goes out in parts where the network has them. 409 when something was said
    that `seen_version` does not know; 422 says what is wrong, and nothing was sent. With an `Idempotency-Key` the same
    request is one reply.
    """
    program_only(request)
    token = who_asks(request)
    try:
        return await once(request, idempotency_key, data, partial(_queue, request, token, case_id, data))
    except ConflictError as error:
        raise ProblemError(409, str(error)) from error
    except (outbox.RefusedReplyError, attaching.RefusedError, users.InvalidError) as error:
        raise ProblemError(422, str(error)) from error


def _queue(request: Ask, token: Who, case_id: str, data: ReplyBody, tx: Tx) -> Queued:
    parts = parts_of(request)
    now = parts.clock()
    who = users.acting(tx, token, data.user_id, Permission.REPLIES_SEND, now)
    channel_id, _ = outbox.place_of(tx, data.in_reply_to)
    if outbox.case_with(tx, data.in_reply_to) != case_id:
        raise ProblemError(404, "This message is not in this case; nothing was sent.")
    can = parts.capabilities(channel_id)
    attaching.named(tx, who.id, case_id, data.files)
    for file_id, alt in data.alts.items():
        attaching.describe(tx, who, file_id, alt, now)
    role = next(one.role for one in users.colleagues(tx) if one.id == who.id)
    may_approve = Permission.REPLIES_APPROVE in OF_ROLE[role]
    why = approval.because(tx, who.id, case_id, data.audience, now, may_approve=may_approve)
    draft = outbox.Draft(
        id=new_id(now),
        in_reply_to=data.in_reply_to,
        audience=data.audience,
        text=data.text,
        seen_version=data.seen_version,
        delay=answering.delay(tx, who.id),
        parts=divided(tx, data.text, data.in_reply_to, can),
        files=data.files,
    )
    approval.hand_in(tx, parts.log, who, draft, can, why, now)
    state = SendState.APPROVAL if why else SendState.QUEUED
    return Queued(id=draft.id, state=state, because=why)


HANDLERS: list[Any] = [add_file, reply]
