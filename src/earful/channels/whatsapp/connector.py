"""A WhatsApp number as a channel: Meta delivers, Earful proves that it can and answers."""

import asyncio
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import (
    Capabilities,
    Inlet,
    Reply,
    ReplyFile,
    SendUnknown,
    Sent,
    TemplatesUnreadError,
)
from earful.channels.kit.media import MediaLater, MediaRefused, Source
from earful.channels.kit.tools import Tools
from earful.channels.kit.uploading import handed_over
from earful.channels.meta.graph import FAULTS, Graph, GraphRefused, id_in
from earful.channels.meta.standing import (
    Callback,
    Problem,
    explained,
    permission_problems,
    stand_by,
    tell_where,
)
from earful.channels.whatsapp import templates
from earful.channels.whatsapp.limits import CAPABILITIES, LIMITS, LOST_AFTER_DAYS, SEND
from earful.channels.whatsapp.send import compose, sent
from earful.channels.whatsapp.settings import WhatsAppSecrets, WhatsAppSettings
from earful.model.message import Attachment, Network
from earful.model.template import Template

FIELDS = (
    "messages",
    "smb_message_echoes",
    "history",
    "account_update",
    "standby",
    "message_template_status_update",
    "message_template_components_update",
    "template_category_update",
)
PERMISSIONS = ("whatsapp_business_messaging", "whatsapp_business_management")
_STANDING = {"FLAGGED": "flagged for its quality", "RESTRICTED": "restricted", "BANNED": "banned"}


class Number(Struct):
    """https://developers.facebook.com/docs/whatsapp/business-management-api/manage-phone-numbers"""

    id: str = ""
    status: str = ""


class _File(Struct):
    """https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media"""

    url: str


class WhatsAppConnector:
    """One number. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.WHATSAPP
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: WhatsAppSettings, secrets: WhatsAppSecrets, tools: Tools) -> None:
        self._settings = settings
        self._secrets = secrets
        base = f"{settings.api.rstrip('/')}/{settings.version}"
        budget = f"whatsapp {settings.phone_number_id}"
        self._graph = Graph(tools, secrets, base=base, budget=budget, limits=LIMITS)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Tell Meta where to deliver, and prove again and again that it can, until `stop`."""
        await stand_by(
            inlet, stop, self._graph,
            subscribe=self._subscribe, prove=self._prove, fetch=None, explain=self._explain,
        )  # fmt: skip

    async def _subscribe(self) -> None:
        callback = Callback(app_id=self._settings.app_id, object="whatsapp_business_account", fields=FIELDS)
        await tell_where(self._graph, self._secrets, callback, self._graph.tools.hook_url)
        await self._graph.post(f"{self._settings.business_account_id}/subscribed_apps", {})

    async def _prove(self) -> Problem:
        found = await self._graph.get(self._settings.phone_number_id, {"fields": "id,status"})
        status = msgspec.json.decode(found, type=Number).status
        if status in _STANDING:
            return Problem(
                f"Meta says that the number is {_STANDING[status]}. See WhatsApp Manager for the reason."
            )
        return Problem("")

    async def send(self, reply: Reply) -> Sent:
        """Send one message; see `Connector.send`."""
        compose(reply)
        media_ids = await handed_over(reply, self._upload)
        fields: dict[str, Any] = compose(reply, media_ids[0] if media_ids else "")
        path = f"{self._settings.phone_number_id}/messages"
        window = CAPABILITIES.window
        answer = await self._graph.send(path, fields, limit=SEND, after_window=window.after if window else "")
        return sent(answer, reply, self._graph.tools.now())

    async def _upload(self, file: ReplyFile) -> str:
        """A file that Meta keeps for 30 days; its id. Raises as `Graph.send`."""
        answer = await self._graph.send(
            f"{self._settings.phone_number_id}/media", {"messaging_product": "whatsapp", "type": file.mime},
            files={"file": (file.name, file.content, file.mime)},
        )  # fmt: skip
        return id_in(answer, "id")

    async def find(self, reply: Reply) -> Sent | None:
        """A business cannot read what it sent."""
        raise SendUnknown(
            "WhatsApp does not let a business look whether a message is out. Ask the customer, then send it again "
            "or not."
        )

    async def media(self, attachment: Attachment) -> Source:
        """Where a file is for five minutes. Raises MediaRefused when it is gone (after 30 days), MediaLater."""
        try:
            found = await self._graph.get(
                attachment.native_id, {"phone_number_id": self._settings.phone_number_id}
            )
            headers = {"authorization": f"Bearer {await self._graph.access()}"}
        except GraphRefused as fault:
            if fault.gone:
                raise MediaRefused("WhatsApp does not have it any more.") from None
            raise MediaLater(self._explain(fault), fault.after_seconds) from None
        except FAULTS as fault:
            raise MediaLater(self._explain(fault)) from None
        return Source(
            url=msgspec.json.decode(found, type=_File).url, headers=headers, http=self._graph.tools.http
        )

    async def templates(self) -> list[Template]:
        """The templates of the business account; see `TemplateSource`."""
        found: list[Template] = []
        query = {"fields": templates.FIELDS, "limit": str(templates.PAGE)}
        path = f"{self._settings.business_account_id}/message_templates"
        try:
            for _ in range(templates.PAGES_MOST):
                page = await self._graph.listed(path, query)
                found += [templates.read_template(one) for one in page.data]
                if not page.paging.next:
                    break
                query["after"] = page.paging.cursors.after
        except (*FAULTS, msgspec.MsgspecError, SendUnknown) as fault:
            raise TemplatesUnreadError(f"The templates could not be read. {self._explain(fault)}") from None
        return found

    async def check(self) -> list[str]:
        """Try the token on the number, and see what it may do."""
        try:
            problem = await self._prove()
            lacking = await permission_problems(self._graph, PERMISSIONS)
        except (*FAULTS, msgspec.MsgspecError, SendUnknown) as fault:
            return [self._explain(fault)]
        return [problem, *lacking] if problem else lacking

    def _explain(self, fault: Exception) -> str:
        return explained(fault, "WhatsApp", f"{LOST_AFTER_DAYS} days")
