"""Who may do what: every route, every role, sessions, sign-in, links, CSRF, headers, redirects."""

from urllib.parse import parse_qs, urlsplit

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from sqlalchemy import func, select

from earful.desk.users import rules
from earful.desk.users import service as users
from earful.desk.users.pages import inside
from earful.desk.users.rules import OF_ROLE, TOKEN_SCOPES, Permission
from earful.model.desk import Role
from earful.store.tables import audit, sessions
from earful.store.tables import users as users_table
from earful.web.security import SECURITY_HEADERS
from tests.served import Served, csrf_of
from tests.servers.earful import PASSWORD

KIM = "kim@acme.example"


def handlers(app: Litestar) -> list[tuple[str, str, HTTPRouteHandler]]:
    """(method, path, handler) of everything that can be asked for."""
    found = []
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                found += [
                    (method, route.path, handler) for method in handler.http_methods if method != "OPTIONS"
                ]
    return found


def permission_of(handler: HTTPRouteHandler) -> Permission | None:
    named = [guard.permission for guard in handler.guards or () if hasattr(guard, "permission")]
    return named[0] if named else None


def concrete(path: str) -> str:
    """An address for a route: the numbers and names in it stand for nothing."""
    parts = [
        ("1" if ":int" in part else "nothing") if part.startswith("{") else part for part in path.split("/")
    ]
    return "/".join(parts)


PUBLIC = {
    ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/sign-in/{link:str}"), ("GET", "/welcome"),
    ("POST", "/welcome/admin"), ("GET", "/health"), ("GET", "/hooks/{channel:str}"),
    ("POST", "/hooks/{channel:str}"),
    ("POST", "/hooks/{channel:str}/{place:str}"),
    ("GET", "/erasure/{code:str}"),
    ("POST", "/chat/{channel:str}/writing"),
    ("GET", "/static/{version:str}/{path:path}"), ("GET", "/api/openapi"), ("GET", "/api/openapi/openapi.json"),
    ("GET", "/api/openapi/{path:str}"), ("GET", "/h/{link:str}"), ("POST", "/h/{link:str}"),
    ("GET", "/f/{link:str}"), ("HEAD", "/f/{link:str}"),
    ("GET", "/notices/stop/{link:str}"), ("POST", "/notices/stop/{link:str}"),
    ("GET", "/chat/{channel:str}"), ("GET", "/chat/{channel:str}/widget.js"), ("GET", "/chat/{channel:str}/look.css"),
    ("POST", "/chat/{channel:str}/session"), ("GET", "/chat/{channel:str}/messages"),
    ("POST", "/chat/{channel:str}/messages"), ("GET", "/chat/{channel:str}/live"),
    ("POST", "/chat/{channel:str}/receipts"), ("POST", "/chat/{channel:str}/address"),
    ("GET", "/chat/{channel:str}/with/{link:str}"),
    ("POST", "/chat/{channel:str}/files"), ("GET", "/chat/{channel:str}/files/{media_id:str}"),
}  # fmt: skip
"""What a stranger may ask for. Adding to it is a decision, not an accident."""


def test_every_route_names_a_permission_or_is_known_to_be_public(small_served: Served) -> None:
    naked = [
        (method, path)
        for method, path, handler in handlers(small_served.app)
        if permission_of(handler) is None and not handler.opt.get("public")
    ]
    assert naked == []
    public = {
        (method, path)
        for method, path, handler in handlers(small_served.app)
        if permission_of(handler) is None
    }
    assert public == PUBLIC


def test_nobody_gets_anything_without_a_session_or_a_token(small_served: Served) -> None:
    stranger = small_served.client()
    small_served.say("A secret of a customer")
    token = csrf_of(stranger.get("/sign-in").text)
    for method, path, handler in handlers(small_served.app):
        if permission_of(handler) is None:
            continue
        answer = stranger.request(method, concrete(path), headers={"x-csrftoken": token})
        assert answer.status_code in (401, 303), (method, path, answer.status_code)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/sign-in"), path
        assert "secret of a customer" not in answer.text


def test_each_role_may_do_exactly_what_the_table_says(small_served: Served) -> None:
    for role in (Role.AGENT, Role.LEAD, Role.ADMIN):
        person = small_served.signed_in(role)
        for method, path, handler in handlers(small_served.app):
            needed = permission_of(handler)
            if needed is None or path in ("/sign-out", "/live"):
                continue
            answer = person.request(method, concrete(path))
            allowed = needed in OF_ROLE[role]
            assert (answer.status_code == 403) == (not allowed), (role, method, path, answer.status_code)
            assert answer.status_code < 500, (role, method, path, answer.text[:300])


@pytest.mark.parametrize("scope", TOKEN_SCOPES)
def test_a_token_opens_no_page_whatever_its_scope(small_served: Served, scope: Permission) -> None:
    small_served.say("hello")
    headers = small_served.token(scope)
    program = small_served.client()
    for method, path, handler in handlers(small_served.app):
        needed = permission_of(handler)
        if needed is None or path == "/live":
            continue
        answer = program.request(method, concrete(path), headers=headers)
        assert answer.status_code < 500, (scope, method, path, answer.text[:300])
        if needed is not scope:
            assert answer.status_code == 403, (scope, method, path)
        elif not path.startswith(("/api/", "/metrics")):
            assert answer.status_code in (403, 404, 302, 303), (scope, method, path, answer.status_code)


def test_roles_contain_each_other_and_people_hand_in_no_messages() -> None:
    assert OF_ROLE[Role.AGENT] < OF_ROLE[Role.LEAD] < OF_ROLE[Role.ADMIN]
    assert all(Permission.MESSAGES_WRITE not in granted for granted in OF_ROLE.values())
    managing = {Permission.USERS_MANAGE, Permission.CHANNELS_MANAGE, Permission.TOKENS_MANAGE}
    assert not managing & set(TOKEN_SCOPES)


def test_headers_of_safety_are_on_every_answer(small_served: Served) -> None:
    person = small_served.signed_in()
    for path in (
        "/inbox",
        "/sign-in",
        "/nothing-here",
        "/health",
        "/metrics",
        "/api/v1/cases",
        "/static/x/css/base.css",
        "/static/x/../../etc/passwd",
    ):
        answer = person.get(path)
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers.get(name) == value, (path, name)
    policy = SECURITY_HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_every_change_needs_the_csrf_token(small_served: Served) -> None:
    person = small_served.signed_in()
    (message_id,) = small_served.say("hello")
    case_id = small_served.case_of(message_id)
    good = person.headers.pop("x-csrftoken")
    for method, path, handler in handlers(small_served.app):
        # Mail programs end mails without a cookie (RFC 8058): the signed link is all that it takes.
        # Visitors of the chat have no cookie, only a key that their own page sends.
        exempt = path.startswith(("/hooks/", "/api/", "/notices/stop/", "/chat/"))
        if method in ("GET", "HEAD") or exempt:
            continue
        assert handler.opt.get("exclude_from_csrf") is None, path
        assert person.request(method, concrete(path)).status_code == 403, path
    for wrong in ("", "nonsense", "a" * 120):
        answer = person.post(
            f"/cases/{case_id}/tags", data={"add": "x", "_csrf_token": wrong}, headers={"x-csrftoken": wrong}
        )
        assert answer.status_code == 403
    assert person.post(f"/cases/{case_id}/tags", data={"add": "x", "_csrf_token": good}).status_code in (
        200,
        303,
    )


def sign_in(served: Served, password: str = PASSWORD, email: str = KIM, **more: str) -> tuple[int, str]:
    stranger = served.client()
    page = stranger.get("/sign-in")
    data = {"email": email, "password": password, "_csrf_token": csrf_of(page.text)} | more
    answer = stranger.post("/sign-in", data=data)
    return answer.status_code, answer.headers.get("location", "")


def test_signing_in_gives_a_cookie_that_scripts_cannot_read(served: Served) -> None:
    stranger = served.client()
    page = stranger.get("/sign-in")
    data = {"email": " KIM@acme.example ", "password": PASSWORD, "_csrf_token": csrf_of(page.text)}
    answer = stranger.post("/sign-in", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if "earful_session" in value)
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert stranger.cookies["earful_session"].encode() not in [
        bytes(row["token_hash"]) for row in served.rows(select(sessions.c.token_hash))
    ]
    assert stranger.get("/inbox").status_code == 200


def test_too_many_wrong_passwords_have_to_wait(served: Served) -> None:
    for _ in range(rules.FAILURES_PER_USER):
        assert sign_in(served, "wrong") == (401, "")
    assert sign_in(served)[0] == 429, "also the right password waits"
    served.ahead += rules.FAILURE_WINDOW + 1_000
    assert sign_in(served) == (303, "/inbox")


def test_one_address_cannot_try_many_people(small_served: Served) -> None:
    for number in range(rules.FAILURES_PER_ADDRESS):
        assert sign_in(small_served, "wrong", f"nobody{number}@acme.example")[0] == 401
    assert sign_in(small_served, "wrong", "somebody@acme.example")[0] == 429


def test_a_session_ends_after_its_time(served: Served) -> None:
    person = served.signed_in()
    served.ahead += rules.SESSION_LENGTH - 60_000
    assert person.get("/inbox").status_code == 200
    served.ahead += 120_000
    assert person.get("/inbox").headers["location"] == "/sign-in?next=/inbox"


def test_a_session_ends_with_signing_out_and_for_whoever_is_switched_off(served: Served) -> None:
    person = served.signed_in()
    kept = dict(person.cookies)
    assert person.post("/sign-out").headers["location"] == "/sign-in"
    person.cookies = kept
    assert person.get("/inbox").status_code == 303
    agent = served.signed_in(Role.AGENT)
    agent_id = served.value(select(users_table.c.id).where(users_table.c.role == "agent"))
    admin = served.signed_in()
    assert admin.post(f"/settings/users/{agent_id}/disable").status_code == 303
    assert agent.get("/inbox").status_code == 303
    refused = admin.post(f"/settings/users/{served.made.admin}/disable")
    assert "last active admin" in parse_qs(urlsplit(refused.headers["location"]).query)["notice"][0]


def test_a_sign_in_link_works_once_and_for_twelve_hours(served: Served) -> None:
    def link() -> str:
        return f"/sign-in/{served.write(lambda tx: users.link_for(tx, KIM, served.now()))}"

    once = link()
    assert served.client().get(once).headers["location"] == "/inbox"
    assert served.client().get(once).status_code == 403
    late = link()
    served.ahead += rules.LINK_LENGTH + 1_000
    assert served.client().get(late).status_code == 403
    assert served.client().get("/sign-in/never-given").status_code == 403


ELSEWHERE = ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
             "javascript:alert(1)", "http:evil.example", "///evil.example", "/\\/evil.example", " //evil.example",
             "\n//evil.example", "/\n/evil.example", "evil.example", ""]  # fmt: skip


@pytest.mark.parametrize("place", ELSEWHERE)
def test_signing_in_leads_nowhere_else(small_served: Served, place: str) -> None:
    assert inside(place) == "/inbox"
    assert sign_in(small_served, next=place) == (303, "/inbox")


def test_signing_in_leads_back_to_where_one_was_going(small_served: Served) -> None:
    stranger = small_served.client()
    wanted = "/inbox?view=mine&q=a%26b&order=newest"
    location = stranger.get(wanted).headers["location"]
    back = parse_qs(urlsplit(location).query)["next"][0]
    assert back == wanted
    assert sign_in(small_served, next=back) == (303, wanted)


def test_the_first_admin_needs_the_code_and_there_is_only_one(served: Served) -> None:
    stranger = served.client()
    page = stranger.get("/sign-in")
    data = {
        "name": "Eve",
        "email": "eve@acme.example",
        "password": PASSWORD,
        "setup_code": "code",
        "_csrf_token": csrf_of(page.text),
    }
    assert stranger.post("/welcome/admin", data=data).headers["location"] == "/sign-in"
    assert served.value(select(func.count()).select_from(users_table)) == 1
    assert stranger.get("/welcome").headers["location"] == "/sign-in"


def test_writes_are_in_the_audit_log_and_passwords_are_not(served: Served) -> None:
    sign_in(served, "a wrong password")
    admin = served.signed_in()
    new = {"name": "Ben Roe", "email": "ben@acme.example", "password": PASSWORD, "role": "lead"}
    admin.post("/settings/users", data=new)
    lines = [" ".join(map(str, row.values())) for row in served.rows(select(audit))]
    for action in ("sign_in.failed", "user.create"):
        assert any(action in line for line in lines), action
    assert not any("wrong password" in line or PASSWORD in line for line in lines)


ODD_PATHS = ["/inbox/case/99999999999999999999999", "/api/v1/cases/99999999999999999999999",
             "/inbox?after=1", "/inbox?after=99999999999999999999.1.1", "/inbox?after=1.2.3.4", "/inbox?after=x",
             "/inbox/case/1?before=%C2%B2", "/inbox?kind=%00", "/inbox?tag=%00&topic=%00", "/inbox?q=%00",
             "/inbox?q=%ff%fe", "/inbox?network=nowhere&view=nothing&order=random", "/inbox?ids=%00,x",
             "/cases/%00/why", "/inbox/case/1?to=%00", "/settings/audit?before=%C2%B2", "/live?after=x",
             "/settings/audit?before=99999999999999999999999", "/channels/%00", "/inbox?q=" + "a%20" * 500]  # fmt: skip


@pytest.mark.parametrize("path", ODD_PATHS)
def test_odd_addresses_are_answered_and_never_a_crash(served: Served, path: str) -> None:
    served.say("hello")
    answer = served.signed_in().get(path)
    assert answer.status_code < 500, answer.text[:400]


def test_odd_forms_are_answered_and_never_a_crash(served: Served) -> None:
    (message_id,) = served.say("hello")
    case_id = served.case_of(message_id)
    person = served.signed_in()
    forms: list[tuple[str, dict[str, str]]] = [
        (f"/cases/{case_id}/tags", {"add": "a\x00b"}),
        (f"/cases/{case_id}/title", {"title": "a\x00b"}),
        (f"/cases/{case_id}/notes", {"text": "a\x00b"}),
        (f"/cases/{case_id}/notes", {"text": "x" * 500_000}),
        (f"/cases/{case_id}/assign", {"assignee_id": "\x00"}),
        (f"/cases/{case_id}/snooze", {"until": "0001-01-01T00:00", "zone": "Asia/Tokyo"}),
        (f"/cases/{case_id}/snooze", {"until": "9999-12-31T23:59", "zone": "America/New_York"}),
        (f"/cases/{case_id}/snooze", {"until": "tomorrow", "zone": "../../etc/passwd"}),
        (f"/cases/{case_id}/snooze", {"until": "tomorrow", "zone": "\x00"}),
        (f"/cases/{case_id}/close", {"outcome": "\x00"}),
        (f"/cases/{case_id}/restore", {"status": "open", "outcome": "answered", "snoozed_until": "9" * 40}),
        (
            f"/cases/{case_id}/reply",
            {"text": "a\x00b", "audience": "public", "in_reply_to": message_id, "version": "\u00b2"},
        ),
        (f"/cases/{case_id}/reply", {"text": "hi", "audience": "public", "in_reply_to": "\x00"}),
        ("/settings/users", {"name": "a\x00b", "email": "a\x00@b.example", "password": PASSWORD}),
        ("/settings/tokens", {"name": "a\x00b", "scopes": "export"}),
        ("/channels", {"network": "api", "name": "new", "of": "\x00"}),
    ]  # fmt: skip
    for path, data in forms:
        answer = person.post(path, data=data)
        assert answer.status_code < 500, (path, data, answer.text[:300])
    assert person.get("/inbox/case/1").status_code == 200
