"""Pictures of a reply, handed to X before the post or message that shows them (v2, "Media")."""

from earful.channels.contract import Reply, ReplyFile
from earful.channels.kit.api import Api
from earful.channels.kit.budget import Budget
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.uploading import handed_over, named_in
from earful.model.message import Visibility

LIMIT = "files"


async def upload(api: Api, budget: Budget, reply: Reply) -> list[str]:
    """The media ids of a reply's pictures, described. Raises SendRefused and SendPostponed."""
    place = "dm" if reply.audience is Visibility.DIRECT else "tweet"

    async def one(file: ReplyFile) -> str:
        await afford_reply(budget, LIMIT)
        category = f"{place}_{'gif' if file.mime == 'image/gif' else 'image'}"
        response = await api.send(
            "POST", "/2/media/upload", limit=LIMIT,
            data={"media_category": category}, files={"media": (file.name, file.content, file.mime)},
        )  # fmt: skip
        media_id = named_in(response, "data", "id")
        if file.alt:
            described = {"id": media_id, "metadata": {"alt_text": {"text": file.alt}}}
            await afford_reply(budget, LIMIT)
            await api.send("POST", "/2/media/metadata", limit=LIMIT, json=described)
        return media_id

    return await handed_over(reply, one)
