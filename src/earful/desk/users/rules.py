"""Who may do what. One table; every route names the permission that it needs."""

from enum import StrEnum

from earful.model.desk import Role


class Permission(StrEnum):
    """What an act needs. Named `thing:act`."""

    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    REPLIES_SEND = "replies:send"
    CHANNELS_READ = "channels:read"
    CHANNELS_MANAGE = "channels:manage"
    USERS_MANAGE = "users:manage"
    TOKENS_MANAGE = "tokens:manage"
    AUDIT_READ = "audit:read"
    HEALTH_READ = "health:read"
    MESSAGES_WRITE = "messages:write"
    """Hand messages in through the API; given to tokens, not to people."""
    CALLS_LOG = "calls:log"
    """Write down calls and visits, and take that back."""
    EXPORT = "export"
    TRIAGE_MANAGE = "triage:manage"
    """Change how everything is rated: weights of the priority, the brand's profile, own topics."""
    WEBHOOKS_MANAGE = "webhooks:manage"
    """Decide which programs are told what happens here."""
    SLA_MANAGE = "sla:manage"
    """Change what is promised: policies, and the calendars that they count by."""
    OUTCOMES_VERIFY = "outcomes:verify"
    """Say that it was checked whether a case is fixed."""
    OUTCOMES_MANAGE = "outcomes:manage"
    """Change days and texts of outcomes and handoffs."""

    REPLIES_APPROVE = "replies:approve"
    """Read replies of others before they go out, say which replies need that, and let private data through."""
    MACROS_MANAGE = "macros:manage"
    """Make, change and delete macros of a role or of everybody. Macros of one's own need nothing but `cases:read`."""
    PLAYBOOKS_MANAGE = "playbooks:manage"
    """Write, change and delete playbooks."""
    VIEWS_SHARE = "views:share"
    """Make, change and delete views that everybody sees. Views of one's own need nothing but `cases:read`."""
    AUTOMATION_MANAGE = "automation:manage"
    """Write, change, switch and delete automation rules."""
    PEOPLE_ERASE = "people:erase"
    """Delete what is kept of a person for good, and see who was."""
    ROUTING_MANAGE = "routing:manage"
    """Change teams, routes, and what others can do."""


_AGENT = frozenset(
    {Permission.CASES_READ, Permission.CASES_WRITE, Permission.REPLIES_SEND, Permission.CALLS_LOG}
)
_LEAD = _AGENT | {
    Permission.CHANNELS_READ,
    Permission.HEALTH_READ,
    Permission.EXPORT,
    Permission.TRIAGE_MANAGE,
    Permission.SLA_MANAGE,
    Permission.OUTCOMES_VERIFY,
    Permission.OUTCOMES_MANAGE,
    Permission.PLAYBOOKS_MANAGE,
    Permission.VIEWS_SHARE,
    Permission.ROUTING_MANAGE,
    Permission.AUTOMATION_MANAGE,
    Permission.REPLIES_APPROVE,
    Permission.MACROS_MANAGE,
    Permission.PEOPLE_ERASE,
}
_ADMIN = frozenset(Permission) - {Permission.MESSAGES_WRITE}

OF_ROLE: dict[Role, frozenset[Permission]] = {Role.AGENT: _AGENT, Role.LEAD: _LEAD, Role.ADMIN: _ADMIN}

TOKEN_SCOPES = (
    Permission.MESSAGES_WRITE,
    Permission.CASES_READ,
    Permission.CASES_WRITE,
    Permission.REPLIES_SEND,
    Permission.CALLS_LOG,
    Permission.HEALTH_READ,
    Permission.EXPORT,
    Permission.WEBHOOKS_MANAGE,
    Permission.SLA_MANAGE,
    Permission.OUTCOMES_VERIFY,
    Permission.PLAYBOOKS_MANAGE,
    Permission.VIEWS_SHARE,
    Permission.ROUTING_MANAGE,
    Permission.AUTOMATION_MANAGE,
    Permission.MACROS_MANAGE,
    Permission.REPLIES_SEND,
    Permission.REPLIES_APPROVE,
    Permission.PEOPLE_ERASE,
)
"""What a token may be given: what programs can do over HTTP today, and never the management of people."""

PASSWORD_LENGTH = 10
"""NIST SP 800-63B asks for 8 and for no composition rules; a desk full of customers' data can ask for 10."""

FAILURES_PER_ADDRESS = 20
FAILURES_PER_USER = 5
FAILURE_WINDOW = 5 * 60_000
"""Sign-in: at most so many failures in five minutes, per network address and per e-mail."""

SESSION_LENGTH = 14 * 24 * 3_600_000
LINK_LENGTH = 12 * 3_600_000


def password_problem(password: str, email: str) -> str | None:
    """Why a password cannot be used; None when it can."""
    if len(password) < PASSWORD_LENGTH:
        return f"Use at least {PASSWORD_LENGTH} characters; a few words make a good password."
    if len(password) > 1_000:
        return "Use at most 1,000 characters."
    if len(set(password)) < 4 or password.casefold() == email.casefold():
        return "This password is too easy to guess; use a few unrelated words."
    return None


def email_problem(email: str) -> str | None:
    """Why an e-mail address cannot be used; None when it can. Only mail itself can say more."""
    name, at, domain = email.partition("@")
    if not at or not name or ("." not in domain.strip(".") and domain != "localhost"):
        return "Write the e-mail address as name@company.com."
    return None
