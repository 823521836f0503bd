"""What pages need besides the desk's values: the shell around them, and the settings pages' rows.

Handlers fill these and hand them to `Renderer.render`; templates read nothing else. Times are instants
(milliseconds UTC).
"""

from msgspec import Struct

from earful.desk.keys.rules import OwnKeys
from earful.model.desk import CaseDetail, InboxFilter, InboxPage, UserRef
from earful.model.message import Network


class Shell(Struct, frozen=True, kw_only=True):
    """What every signed-in page shows around its content."""

    user: UserRef
    workspace: str
    csrf_token: str
    section: str
    """The entry of the rail that is current: `inbox`, `channels`, `settings`."""
    live_seq: str = ""
    """The event log's position this page was made from; live updates continue after it."""
    notice: str = ""
    """One sentence at the top, after a form that was sent without scripts."""
    away: bool = False
    """Who looks said that they are away."""
    unread: int = 0
    """Notices that who looks has not read, counted up to a hundred."""
    own_keys: OwnKeys = OwnKeys()

    def key(self, command: str) -> str:
        """The keys of a command for who looks; empty for none."""
        return self.own_keys.of(command)


class Choice(Struct, frozen=True, kw_only=True):
    """One option of a filter or field, with how many rows it would leave where that is known."""

    value: str
    label: str
    count: int | None = None


class SavedView(Struct, frozen=True, kw_only=True):
    """A saved view beside those that Earful comes with. `percent`: how much of it has been looked for."""

    id: str
    name: str
    icon: str
    count: int
    shared: bool
    percent: int


class InboxView(Struct, frozen=True, kw_only=True):
    """The inbox list with everything around it."""

    filter: InboxFilter
    page: InboxPage
    counts: dict[str, int]
    """Cases per view: `open`, `mine`, `unassigned`, `waiting`, `snoozed`; a missing one shows no number."""
    saved: list[SavedView] = []
    """Saved views, the shared ones first."""
    networks: list[Network] = []
    topics: list[str] = []
    tags: list[str] = []
    has_channels: bool = True
    """False turns the empty list into an invitation to connect one."""
    selected: str = ""
    """Id of the open case."""

    @property
    def shown(self) -> SavedView | None:
        """The saved view that the list shows; None for one that Earful comes with."""
        return next((view for view in self.saved if view.id == self.filter.view), None)


class CaseView(Struct, frozen=True, kw_only=True):
    """One open case with what the menus around it offer."""

    detail: CaseDetail
    users: list[UserRef]
    """Whom it can be assigned to, the asking user first."""
    known_tags: list[str] = []
    present: list["Present"] = []
    outcomes: tuple[str, ...] = ("claimed", "answered", "brushed_off", "unanswered")
    """What an agent may close with, the likeliest first."""


class Present(Struct, frozen=True, kw_only=True):
    """A colleague who looks at the same case now. `state`: `reading` or `writing`."""

    user_id: str
    name: str
    state: str


class Field(Struct, frozen=True, kw_only=True):
    """One field of a form that a connector asks for."""

    name: str
    label: str
    kind: str = "text"
    """`text`, `secret`, `url`, `email`, `number`, `choice` or `switch`."""
    help: str = ""
    required: bool = True
    value: str = ""
    """What was entered before; a secret is never sent back."""
    placeholder: str = ""
    choices: list[Choice] = []
    error: str = ""
    """What is wrong with the value, and what would be right."""


class NetworkOffer(Struct, frozen=True, kw_only=True):
    """A network that a channel can be connected on."""

    network: Network | str
    """`api` for whatever hands messages in."""
    summary: str
    """What it brings in and what it can answer, in one sentence."""
    fields: list[Field]
    ready: bool = True
    guide_url: str = ""


class UserRow(Struct, frozen=True, kw_only=True):
    """A colleague in the settings."""

    user: UserRef
    active: bool
    last_seen_at: int | None
    open_cases: int
    sign_off: str = ""


class TokenRow(Struct, frozen=True, kw_only=True):
    """An API token, without its secret."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: int
    created_by: str
    last_used_at: int | None
    expires_at: int | None = None


class Check(Struct, frozen=True, kw_only=True):
    """One finding of the doctor. `state`: `ok`, `warning` or `failed`."""

    name: str
    state: str
    found: str
    advice: str = ""


class AuditLine(Struct, frozen=True, kw_only=True):
    """One line of the audit log."""

    at: int
    who: str
    action: str
    detail: str
    address: str
