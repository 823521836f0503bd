"""Putting cases together and apart from their page."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from earful.desk.cases import merging
from earful.desk.cases import service as cases
from earful.desk.cases.pages import act
from earful.desk.people import linking
from earful.desk.people import service as people
from earful.desk.people.linking import Proof
from earful.desk.people.rules import Origin
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, parts_of, told

WRITE = [needs(Permission.CASES_WRITE)]


def number_in(text: str) -> int:
    """The number of a case that somebody wrote, with or without #. Raises RefusedError for what is none."""
    plain = text.strip().removeprefix("#")
    if not plain.isdecimal() or len(plain) > 15:
        raise cases.RefusedError("Write the number of the other case, as #123. Nothing was changed.")
    return int(plain)


@post("/cases/{case_id:str}/merge", guards=WRITE, status_code=200, include_in_schema=False)
async def merge(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`number` of the case that comes into this one, `reason`, and `link` to say that its person is the same."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        number, now, reason = number_in(data.get("number", "")), parts.clock(), data.get("reason", "")
        other = people.case_numbered(tx, number)
        if other is None:
            raise cases.RefusedError(f"There is no case #{number}; nothing was changed.")
        if data.get("link"):
            mine = people.person_of_case(tx, case_id)
            if mine != other.person_id:
                try:
                    proof = Proof(Origin.HAND, reason=reason)
                    linking.tie(tx, parts.log, who, proof, mine, other.person_id, now)
                except (linking.RefusedError, linking.NotFoundError) as error:
                    raise cases.RefusedError(str(error)) from error
        merge_id = merging.merge(tx, parts.log, who, case_id, other.id, reason, None, now)
        return told(f"Merged #{number} into this", f"/cases/merges/{merge_id}/undo", {"case": case_id})

    return await act(request, case_id, verb)


@post("/cases/{case_id:str}/split", guards=WRITE, status_code=200, include_in_schema=False)
async def split(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`message`, once for each that goes into a case of its own; `reason`."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    chosen = [value for name, value in (await request.form()).multi_items() if name == "message"]

    def verb(tx: Tx) -> dict[str, str]:
        reason = data.get("reason", "")
        split_id = merging.split(tx, parts.log, who, case_id, chosen, reason, None, parts.clock())
        number = next(one.number for one in merging.of_case(tx, case_id) if one.id == split_id)
        return told(f"Now a case of its own: #{number}", f"/cases/merges/{split_id}/undo", {"case": case_id})

    return await act(request, case_id, verb)


@post("/cases/merges/{merge_id:str}/undo", guards=WRITE, status_code=200, include_in_schema=False)
async def undo(request: Ask, merge_id: FromPath[str]) -> Response[Any]:
    """Take a merge or a split back; `case`: the one that is shown."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        merging.undo(tx, parts.log, who, merge_id, parts.clock())
        return told("Taken back")

    return await act(request, data.get("case", ""), verb)


HANDLERS: list[Any] = [merge, split, undo]
