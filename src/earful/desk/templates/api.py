"""Templates for programs: what a channel's network approved, and sending one in a case."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.approval import service as approval
from earful.desk.cases import service as cases
from earful.desk.channels import service as channels
from earful.desk.templates import rules, service
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.message import Visibility
from earful.model.template import Template
from earful.outbox import service as outbox
from earful.store.errors import ConflictError
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.once import Key, once
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

READ = [needs(Permission.CASES_READ)]
SEND = [needs(Permission.REPLIES_SEND)]


class Shown(Struct, frozen=True, kw_only=True):
    """A template, and why it cannot be sent now; empty where it can."""

    template: Template
    problem: str
    variables: list[str]
    """Keys of what has to be filled in: `body.1`, `header.name`, `button.0.1`."""
    file: str
    """The kind of file that it begins with, `image` or `document`; empty for none."""


class Listed(Struct, frozen=True, kw_only=True):
    """The templates of a channel."""

    templates: list[Shown]
    read_at: int | None
    """When they were read from the network; null for never."""
    trouble: str
    """Why the last reading failed; empty when it did not."""


class SendBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template to send in answer to a message, and in whose name."""

    in_reply_to: str
    template: str
    """Its native id."""
    values: dict[str, str] = {}
    user_id: str
    file: str = ""
    """Id of the file that the template begins with, added with `.../files` before; empty for none."""


class Queued(Struct, frozen=True, kw_only=True):
    """The reply that it became."""

    id: str
    text: str
    """What the customer will read."""


@get("/api/v1/channels/{channel:str}/templates", guards=READ)
async def listed(request: Ask, channel: FromPath[str], language: str = "") -> Listed:
    """The templates of a channel (its name): what can be sent first, those in `language` before others."""

    def read(tx: Tx) -> Listed:
        known = next((one for one in channels.listed(tx) if one.name == channel), None)
        if known is None:
            raise ProblemError(404, f"There is no channel named {channel}.")
        when = service.reading(tx, known.id)
        return Listed(
            templates=[
                Shown(
                    template=one,
                    problem=rules.problem(one),
                    variables=[each.key for each in rules.wanted(one, {})],
                    file=one.media,
                )
                for one in service.listed(tx, known.id, language)
            ],
            read_at=when.fetched_at,
            trouble=when.why,
        )

    return await parts_of(request).store.read(read)


@post("/api/v1/cases/{case_id:str}/template", guards=SEND, status_code=202, exclude_from_csrf=True)
async def send(
    request: Ask, case_id: FromPath[str], data: SendBody, idempotency_key: Key = None
) -> Response[bytes]:
    """Queue a template in a case; answers with the reply. The same Idempotency-Key sends it once.

    One that begins with a picture or a document names its `file`, added before with `.../files`.
    What has to be approved by somebody for the colleague in whose name it is cannot be sent this way.
    """
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    now = parts.clock()

    def verb(tx: Tx) -> Queued:
        try:
            acting = users.acting(tx, who, data.user_id, Permission.REPLIES_SEND, now)
            channel_id, _ = outbox.place_of(tx, data.in_reply_to)
            can = parts.capabilities(channel_id)
            draft = service.draft(
                tx, channel_id, data.template, data.values,
                in_reply_to=data.in_reply_to, audience=Visibility.DIRECT, delay=0, now=now,
                files=[data.file] if data.file else (),
            )  # fmt: skip
            if approval.because(tx, acting.id, case_id, Visibility.DIRECT, now, may_approve=False):
                raise ProblemError(422, "Replies of this colleague are approved first; nothing was sent.")
            queued = outbox.queue(tx, parts.log, acting, draft, can, now)
        except (service.NotFoundError, cases.NotFoundError) as error:
            raise ProblemError(404, str(error)) from error
        except (rules.MissingError, outbox.RefusedReplyError, users.InvalidError) as error:
            raise ProblemError(422, str(error)) from error
        except ConflictError as error:
            raise ProblemError(409, str(error)) from error
        if queued != case_id:
            raise ProblemError(422, "This message is in another case; nothing was sent.")
        return Queued(id=draft.id, text=draft.text)

    return await once(request, idempotency_key, data, verb, status=202)


HANDLERS: list[Any] = [listed, send]
