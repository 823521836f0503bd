"""What a mail of notices says, as text and as simple HTML: nothing is loaded from anywhere, nothing is counted."""

from collections.abc import Sequence
from html import escape

from msgspec import Struct

from earful.desk.notices.service import Notice
from earful.web.words import word

LISTED = 50
"""Notices that a mail lists; the rest are a number."""


class Mail(Struct, frozen=True, kw_only=True):
    """A mail, before it has an address."""

    subject: str
    text: str
    html: str


class Figures(Struct, frozen=True, kw_only=True):
    """The week of the desk: how many cases wait now; the others since a week ago."""

    waiting: int
    unassigned: int
    breached: int
    returned: int
    outcomes: dict[str, int]


def _line(notice: Notice) -> str:
    about = f"#{notice.number} {notice.title}" if notice.number else notice.detail
    who = f", {notice.actor}" if notice.actor else ""
    more = f" (and {notice.count - 1} more)" if notice.count > 1 else ""
    return " ".join(f"{word(notice.kind, 'notice')}{who}{more}: {about}".split())


def of_notices(notices: Sequence[Notice], base: str, workspace: str) -> Mail:
    """A digest; one notice gives the mail its subject. What customers said stays in the desk."""
    lines = [(_line(one), f"{base}/notices/{one.id}") for one in notices[:LISTED]]
    if len(notices) > LISTED:
        lines.append((f"{len(notices) - LISTED} more", f"{base}/notices"))
    one = len(notices) == 1
    subject = lines[0][0] if one else f"{len(notices)} notifications"
    return _mail(f"[{workspace}] {subject}"[:200], lines, base)


def of_week(figures: Figures, base: str, workspace: str) -> Mail:
    """The weekly overview for leads."""
    lines = [
        (f"Waiting for an answer now: {figures.waiting}", f"{base}/inbox"),
        (f"Nobody has: {figures.unassigned}", f"{base}/inbox?view=unassigned"),
        (f"Promises not kept last week: {figures.breached}", f"{base}/settings/sla"),
        (f"Matters that came back last week: {figures.returned}", f"{base}/inbox?view=all"),
        *(
            (f"{word(outcome, 'outcome')} last week: {count}", f"{base}/inbox?view=all")
            for outcome, count in figures.outcomes.items()
        ),
    ]
    return _mail(f"[{workspace}] The week at the desk", lines, base)


def _mail(subject: str, lines: Sequence[tuple[str, str]], base: str) -> Mail:
    settings = f"{base}/settings/notices"
    text = "\n\n".join(f"{words}\n{link}" for words, link in lines)
    rows = "".join(
        f'<li style="margin:0 0 10px"><a href="{escape(link)}">{escape(words)}</a></li>'
        for words, link in lines
    )
    return Mail(
        subject=subject,
        text=f"{text}\n\n-- \nYou choose what you are told: {settings}\n",
        html=f'<ul style="font-family:sans-serif;padding-left:18px">{rows}</ul>'
        f'<p style="font-family:sans-serif;font-size:small">'
        f'<a href="{escape(settings)}">You choose what you are told</a></p>',
    )
