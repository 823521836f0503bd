"""Settings, Triage, Topics: a desk's own topics, each with as many examples as people gave."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from earful.desk.triage import topics
from earful.desk.users.rules import Permission
from earful.model.rating import TOPICS
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, shell

MANAGE = [needs(Permission.TRIAGE_MANAGE)]
PATH = "/settings/triage/topics"


async def _page(request: Ask, problem: str = "", title: str = "", told: Any = None) -> Response[str]:
    listed = await parts_of(request).store.read(topics.listed)
    update = is_htmx(request) and not problem
    return page(
        request,
        "settings/triage_topics_update.html" if update else "settings/triage_topics.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings", request.query_params.get("notice", "")[:300]),
        topics=[one for one in listed if one.archived_at is None],
        archived=[one for one in listed if one.archived_at is not None],
        shipped=[one for one in TOPICS if one != "other"],
        needed=topics.EXAMPLES_NEEDED,
        problem=problem,
        title=title,
        told=told,
    )


@get(PATH, guards=MANAGE, include_in_schema=False)
async def topics_page(request: Ask) -> Response[str]:
    """Own topics, and those that Earful comes with. `archived`: one that was just archived."""
    topic_id = request.query_params.get("archived", "")[:40]
    told = {"text": "Topic archived", "undo": {"url": f"{PATH}/{topic_id}/restore"}} if topic_id else None
    return await _page(request, told=told)


@post(PATH, guards=MANAGE, status_code=200, include_in_schema=False)
async def add(request: Ask) -> Response[Any]:
    """Add a topic by its `title`."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    title = given.get("title", "")
    try:
        made = await parts.store.write(lambda tx: topics.add(tx, who, title, parts.clock()))
    except topics.InvalidTopicError as error:
        return await _page(request, f"{error} Nothing was added.", title[:100])
    return go(f"{PATH}?notice={made.title} can be chosen now.")


@post(
    [f"{PATH}/{{topic_id:str}}/archive", f"{PATH}/{{topic_id:str}}/restore"],
    guards=MANAGE,
    status_code=200,
    include_in_schema=False,
)
async def archive(request: Ask, topic_id: FromPath[str]) -> Response[Any]:
    """Take a topic out of the choices, or bring it back; its examples stay."""
    parts, who = parts_of(request), who_asks(request)
    archived = request.url.path.endswith("/archive")
    try:
        await parts.store.write(
            lambda tx: topics.archive(tx, who, topic_id, archived=archived, now=parts.clock())
        )
    except topics.InvalidTopicError as error:
        return go(f"{PATH}?notice={error}")
    if is_htmx(request):
        return await _page(request)
    return go(f"{PATH}?archived={topic_id}" if archived else PATH)


HANDLERS: list[Any] = [topics_page, add, archive]
