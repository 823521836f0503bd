"""Every command of the inbox with its key: the one table behind the key map, the sheet and the palette.

`static/js/keys.js` carries a command out: by a handler of that name, or by pressing the visible element with
`data-command` of that name. So a page offers exactly what it shows.
"""

from msgspec import Struct

from earful.web.words import N_


class Shortcut(Struct, frozen=True, kw_only=True):
    """One command. `keys` are pressed one after the other: `g i`; `mod` is Ctrl, or Command on a Mac."""

    id: str
    keys: str
    label: str
    group: str
    href: str = ""
    """A place to go: works on every page."""
    in_palette: bool = True


LIST, CASE, GO, VIEW = N_("List"), N_("Case"), N_("Go to"), N_("View")

SHORTCUTS = (
    Shortcut(id="next", keys="j", label=N_("Next case"), group=LIST, in_palette=False),
    Shortcut(id="previous", keys="k", label=N_("Previous case"), group=LIST, in_palette=False),
    Shortcut(id="open", keys="Enter", label=N_("Open the case"), group=LIST, in_palette=False),
    Shortcut(id="back", keys="u", label=N_("Back to the list"), group=LIST),
    Shortcut(id="search", keys="/", label=N_("Search"), group=LIST),
    Shortcut(id="why", keys="p", label=N_("Why this priority"), group=LIST),
    Shortcut(id="show-new", keys=".", label=N_("Show what is new"), group=LIST),
    Shortcut(id="next-case", keys="g n", label=N_("What next"), group=LIST),
    Shortcut(id="select", keys="x", label=N_("Select the case"), group=LIST),
    Shortcut(
        id="select-down", keys="J", label=N_("Select, and on to the next"), group=LIST, in_palette=False
    ),
    Shortcut(
        id="select-up", keys="K", label=N_("Select, and on to the one before"), group=LIST, in_palette=False
    ),
    Shortcut(id="select-all", keys="X", label=N_("Select the whole list"), group=LIST),
    Shortcut(id="select-none", keys="Escape", label=N_("Select nothing"), group=LIST),
    Shortcut(id="reply", keys="r", label=N_("Reply"), group=CASE),
    Shortcut(id="note", keys="n", label=N_("Write a note"), group=CASE),
    Shortcut(id="assign", keys="a", label=N_("Assign to…"), group=CASE),
    Shortcut(id="assign-me", keys="A", label=N_("Assign to me"), group=CASE),
    Shortcut(id="close", keys="e", label=N_("Close with an outcome…"), group=CASE),
    Shortcut(id="reopen", keys="E", label=N_("Open again"), group=CASE),
    Shortcut(id="snooze", keys="s", label=N_("Snooze…"), group=CASE),
    Shortcut(id="tag", keys="t", label=N_("Tag…"), group=CASE),
    Shortcut(id="rename", keys="T", label=N_("Rename…"), group=CASE),
    Shortcut(id="rate", keys="c", label=N_("Correct the rating"), group=CASE),
    Shortcut(id="reasons", keys="C", label=N_("Show the words behind the rating"), group=CASE),
    Shortcut(id="handoff", keys="h", label=N_("Hand off to a private place…"), group=CASE),
    Shortcut(id="outcome", keys="o", label=N_("What became of it"), group=CASE),
    Shortcut(id="macro", keys="m", label=N_("Macros…"), group=CASE),
    Shortcut(id="attach", keys="F", label=N_("Add files to my reply…"), group=CASE),
    Shortcut(id="suggest", keys="mod+Space", label=N_("Suggestions from solved cases…"), group=CASE),
    Shortcut(id="playbook", keys="b", label=N_("Playbook: why this path"), group=CASE),
    Shortcut(id="playbook-text", keys="y", label=N_("Put the step's text into my reply"), group=CASE),
    Shortcut(id="playbook-tick", keys="d", label=N_("The playbook's step is done"), group=CASE),
    Shortcut(id="follow", keys="f", label=N_("Follow or unfollow the case"), group=CASE),
    Shortcut(id="merge", keys="M", label=N_("Merge another case into this…"), group=CASE),
    Shortcut(id="split", keys="S", label=N_("Split off some messages…"), group=CASE),
    Shortcut(id="person", keys="P", label=N_("Everything of this person"), group=CASE),
    Shortcut(id="log-call", keys="L", label=N_("Log a call or a visit…"), group=CASE, href="/calls/new"),
    Shortcut(id="undo", keys="z", label=N_("Undo"), group=CASE),
    Shortcut(id="send", keys="mod+Enter", label=N_("Send"), group=CASE, in_palette=False),
    Shortcut(id="go-inbox", keys="g i", label=N_("Inbox"), group=GO, href="/inbox"),
    Shortcut(id="views", keys="g v", label=N_("Views…"), group=GO),
    Shortcut(id="save-view", keys="", label=N_("Save this list as a view…"), group=LIST),
    Shortcut(id="go-people", keys="g p", label=N_("People"), group=GO, href="/people"),
    Shortcut(id="go-playbooks", keys="g b", label=N_("Playbooks"), group=GO, href="/playbooks"),
    Shortcut(id="go-channels", keys="g k", label=N_("Channels"), group=GO, href="/channels"),
    Shortcut(id="go-approvals", keys="g a", label=N_("Approvals"), group=GO, href="/approvals"),
    Shortcut(id="go-notices", keys="g u", label=N_("Notifications"), group=GO, href="/notices"),
    Shortcut(id="go-settings", keys="g s", label=N_("Settings"), group=GO, href="/settings"),
    Shortcut(id="list-pane", keys="[", label=N_("Hide or show the list"), group=VIEW),
    Shortcut(id="context-pane", keys="]", label=N_("Hide or show the person"), group=VIEW),
    Shortcut(id="theme", keys="", label=N_("Switch light, dark, system"), group=VIEW),
    Shortcut(id="density", keys="", label=N_("Switch comfortable, compact"), group=VIEW),
    Shortcut(id="palette", keys="mod+k", label=N_("Everything"), group=VIEW, in_palette=False),
    Shortcut(id="keys", keys="?", label=N_("All keys"), group=VIEW),
)

GROUPS = (LIST, CASE, GO, VIEW)
