"""The desk's values: cases, their rows in a list, their timeline, and what people may do."""

from enum import StrEnum

from msgspec import Struct

from earful.model.message import Actor, Attachment, Direction, MessageKind, Network, Visibility
from earful.model.rating import Rating


class Status(StrEnum):
    """Where a case stands. `waiting` is on the customer, `snoozed` comes back by itself."""

    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What became of a case. Answered is not resolved, and silence is never success."""

    UNANSWERED = "unanswered"
    ANSWERED = "answered"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    VERIFIED = "verified"
    SILENT = "silent"
    RETURNED = "returned"
    BRUSHED_OFF = "brushed_off"


class SendState(StrEnum):
    """Where a reply is. `unknown`: it may be out, and Earful looks before it would ever send again."""

    APPROVAL = "approval"
    """Somebody else has to read it first."""
    SCHEDULED = "scheduled"
    HELD = "held"
    """Its time has come, but something was said that its writer has not seen."""
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    """The network says that it reached the customer."""
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Role(StrEnum):
    """What a user is. Each role includes the one before it."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"


class UserRef(Struct, frozen=True, kw_only=True):
    """A colleague, as much of one as any page shows."""

    id: str
    name: str
    email: str
    role: Role


class Deadline(Struct, frozen=True, kw_only=True):
    """The nearest deadline of a case."""

    kind: str
    """`first_answer`, `next_answer` or `resolution`."""
    warn_at: int
    """From then on it is nearly due."""
    due_at: int


class CaseClock(Struct, frozen=True, kw_only=True):
    """One promise of a case, as its header shows it. Times are instants, lengths milliseconds of business time."""

    kind: str
    round: int
    """How many of its kind the case has had."""
    state: str
    """`running`, `paused`, `kept` or `missed`."""
    policy: str
    """The policy's name."""
    calendar: str
    """The calendar's name; empty for around the clock."""
    target: int
    remaining: int
    """What was left when it paused; 0 otherwise."""
    started_at: int
    warn_at: int | None
    due_at: int | None
    paused_at: int | None
    done_at: int | None
    breached_at: int | None


class CaseRow(Struct, frozen=True, kw_only=True):
    """One line of the inbox list. Times are instants (milliseconds UTC)."""

    id: str
    number: int
    title: str
    status: Status
    outcome: Outcome
    priority: int
    severity: int
    kind: str
    topic: str
    sentiment: str
    person_id: str
    person_name: str
    handle: str
    network: Network
    channel_id: str
    preview: str
    """First words of the newest message."""
    last_message_at: int
    last_direction: Direction
    awaiting_since: int | None
    """Since when the customer waits for an answer."""
    assignee_id: str | None
    assignee_name: str
    tags: list[str]
    unread: bool
    """Something new since the asking user last looked."""
    tried_before: list[str]
    reach_tier: str
    snoozed_until: int | None
    message_count: int
    deleted: bool = False
    """The newest message was deleted by its author."""
    deadline: Deadline | None = None
    """The nearest one that runs."""
    returned_after: int | None = None
    """How long after it was thought settled the matter came back, in milliseconds."""
    window_until: int | None = None
    """Until when the network lets us answer freely in private; None where it has no limit."""


class Revision(Struct, frozen=True, kw_only=True):
    """An earlier wording of a message."""

    text: str
    at: int


class ReadAs(Struct, frozen=True, kw_only=True):
    """What a message was read as, where that changed what became of its case."""

    what: str
    """`customer_confirmed`, `customer_denied`, `only_pointed`, ..."""
    span: tuple[int, int]
    """Half-open, in code points; (0, 0) for nowhere."""


class TimelineMessage(Struct, frozen=True, kw_only=True, tag_field="item", tag="message"):
    """A message in a case. `html` is sanitised and safe to embed; `text` is not markup."""

    id: str
    at: int
    direction: Direction
    kind: MessageKind
    network: Network
    channel_id: str
    channel_name: str
    visibility: Visibility
    author: Actor
    author_id: str | None
    subject: str
    text: str
    html: str
    attachments: list[Attachment]
    permalink: str
    edited_at: int | None
    deleted_at: int | None
    revisions: list[Revision]
    rating: Rating | None
    conversation_id: str
    file_notes: dict[int, str] = {}
    """Of attachments that are not here, by their place: `wanted` for not yet, or why not, in words."""
    sent_by: str = ""
    """The colleague who wrote an outbound message here."""
    is_new: bool = False
    can_reply: list[Visibility] = []
    """Audiences a reply to this message may have, the network's default first; empty when none."""
    alike: int = 0
    """How many near duplicates there are of it, itself among them; 0 for none."""
    alike_to: str = ""
    """The first of them, whose id names the group."""
    read_as: ReadAs | None = None
    sent_as: SendState = SendState.SENT
    """Of our own: how far the network says that it came."""
    not_delivered: str = ""
    """Why the network could not deliver it after all."""


class TimelineReply(Struct, frozen=True, kw_only=True, tag_field="item", tag="reply"):
    """A reply of ours that is not yet (or not surely) on the network."""

    id: str
    at: int
    user_name: str
    text: str
    audience: Visibility
    state: SendState
    attempts: int
    error: str
    next_try_at: int | None
    network: Network
    in_reply_to: str
    files: list[Attachment] = []
    """What goes out with it."""


class NoteMention(Struct, frozen=True, kw_only=True):
    """Whom a note names, and where in its text (code points). `user_id` is empty for a team."""

    start: int
    stop: int
    name: str
    user_id: str = ""


class TimelineNote(Struct, frozen=True, kw_only=True, tag_field="item", tag="note"):
    """A note for colleagues; never leaves Earful."""

    id: str
    at: int
    user_name: str
    text: str
    mentions: list[NoteMention] = []


class TimelineEvent(Struct, frozen=True, kw_only=True, tag_field="item", tag="event"):
    """What somebody (or Earful) did to the case, in one line."""

    at: int
    user_name: str
    what: str
    """`assigned`, `unassigned`, `status`, `snoozed`, `closed`, `reopened`, `tagged`, `untagged`, ..."""
    detail: str
    within: str = ""
    """Id of the act on many cases that this was a part of."""
    because: str = ""
    """The automation rule that did it, with its version and condition in words; empty for none."""


TimelineItem = TimelineMessage | TimelineReply | TimelineNote | TimelineEvent


class PersonCard(Struct, frozen=True, kw_only=True):
    """The human behind a case: their authors and their other cases."""

    id: str
    name: str
    authors: list["AuthorCard"]
    cases: list["PastCase"]


class AuthorCard(Struct, frozen=True, kw_only=True):
    """One account of a person."""

    id: str
    network: Network
    handle: str
    name: str
    profile_url: str
    followers: int | None
    first_seen_at: int


class PastCase(Struct, frozen=True, kw_only=True):
    """Another case of the same person."""

    id: str
    number: int
    title: str
    status: Status
    outcome: Outcome
    opened_at: int


class Draft(Struct, frozen=True, kw_only=True):
    """A reply being written, kept on the server per user and case."""

    text: str
    audience: Visibility | None
    in_reply_to: str
    saved_at: int


class CaseDetail(Struct, frozen=True, kw_only=True):
    """Everything the case pane and the context pane show."""

    row: CaseRow
    timeline: list[TimelineItem]
    person: PersonCard
    draft: Draft | None
    version: int
    """Grows with every change of the case; a write that saw an older one is told so."""
    max_length: int | None
    counter: str
    sign_off: str
    reply_to: str
    """Id of the message that an answer goes to unless another is chosen; empty when none can be answered."""
    reply_audiences: list[Visibility]
    seen_at: int | None
    clocks: list[CaseClock] = []
    """What was promised: running and paused ones, and the newest of each kind that ended."""
    more_before: str = ""
    """Cursor for older timeline items; empty at the beginning."""

    @property
    def answered(self) -> TimelineMessage | None:
        """The message that an answer goes to, where it is among those that are shown."""
        found = (one for one in self.timeline if isinstance(one, TimelineMessage) and one.id == self.reply_to)
        return next(found, None)


class InboxFilter(Struct, frozen=True, kw_only=True):
    """What the list shows. Everything combines with `and`."""

    view: str = "open"
    """`open`, `mine`, `unassigned`, `waiting`, `snoozed`, `closed`, `all`, or the id of a saved view."""
    network: Network | None = None
    kind: str = ""
    topic: str = ""
    tag: str = ""
    search: str = ""
    alike: str = ""
    """The first message of near duplicates: only cases with one of them."""
    order: str = "priority"
    """`priority` (then newest), `newest`, `oldest` (longest waiting first) or `deadline` (nearest first); a saved
    view has its own."""


class InboxPage(Struct, frozen=True, kw_only=True):
    """One page of the list; `next` is an opaque cursor, empty at the end."""

    rows: list[CaseRow]
    next: str
