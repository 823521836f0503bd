"""Every route names a permission or says that it is public; only those listed here may be public."""

from earful.desk.users.rules import OF_ROLE, TOKEN_SCOPES, Permission
from earful.model.desk import Role
from earful.web.app import HANDLERS

PUBLIC = {
    "/sign-in",
    "/sign-in/{link:str}",
    "/welcome",
    "/welcome/admin",
    "/health",
    "/hooks/{channel:str}",
    "/hooks/{channel:str}/{place:str}",
    "/erasure/{code:str}",
    "/chat/{channel:str}/writing",
    "/h/{link:str}",
    "/f/{link:str}",
    "/notices/stop/{link:str}",
    "/chat/{channel:str}",
    "/chat/{channel:str}/widget.js",
    "/chat/{channel:str}/look.css",
    "/chat/{channel:str}/session",
    "/chat/{channel:str}/messages",
    "/chat/{channel:str}/live",
    "/chat/{channel:str}/receipts",
    "/chat/{channel:str}/address",
    "/chat/{channel:str}/with/{link:str}",
    "/chat/{channel:str}/files",
    "/chat/{channel:str}/files/{media_id:str}",
}


def test_every_route_has_a_permission_or_is_knowingly_public() -> None:
    public = set()
    for handler in HANDLERS:
        guarded = [guard for guard in handler.guards or () if hasattr(guard, "permission")]
        if handler.opt.get("public"):
            assert not guarded
            public |= handler.paths
        else:
            assert len(guarded) == 1, handler.paths
    assert public == PUBLIC


def test_each_role_includes_the_one_before() -> None:
    assert OF_ROLE[Role.AGENT] < OF_ROLE[Role.LEAD] < OF_ROLE[Role.ADMIN]


def test_no_token_manages_people_channels_or_tokens() -> None:
    forbidden = {
        Permission.USERS_MANAGE,
        Permission.CHANNELS_MANAGE,
        Permission.TOKENS_MANAGE,
        Permission.AUDIT_READ,
    }
    assert forbidden.isdisjoint(TOKEN_SCOPES)
