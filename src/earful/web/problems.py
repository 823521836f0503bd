"""Errors that programs can read: problem details for HTTP APIs (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from msgspec import Struct

MEDIA_TYPE = "application/problem+json"


class ItemProblem(Struct, frozen=True, kw_only=True):
    """What is wrong with one item of a batch."""

    index: int
    detail: str


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened, what was kept and what to do, in `detail`."""

    status: int
    title: str
    detail: str
    type: str = "about:blank"
    instance: str = ""
    problems: list[ItemProblem] = []


class ProblemError(Exception):
    """Ends a request with problem details."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        problems: list[ItemProblem] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.problems = problems or []
        self.headers = headers or {}


def problem_response(
    status: int,
    detail: str,
    *,
    instance: str = "",
    problems: list[ItemProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """The response for a problem."""
    problem = Problem(
        status=status,
        title=HTTPStatus(status).phrase,
        detail=detail,
        instance=instance,
        problems=problems or [],
    )
    return Response(
        msgspec.json.encode(problem), status_code=status, media_type=MEDIA_TYPE, headers=headers or {}
    )


def on_problem(request: Request[Any, Any, Any], error: ProblemError) -> Response[bytes]:
    """The exception handler of `ProblemError`."""
    return problem_response(
        error.status,
        error.detail,
        instance=request.url.path,
        problems=error.problems,
        headers=error.headers,
    )
