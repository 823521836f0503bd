"""What the composer shows of a draft's files, and says of them before anything is sent."""

from msgspec import Struct

from earful.channels.contract import Capabilities, Files
from earful.desk.attaching import rules, service
from earful.desk.attaching.rules import File
from earful.store.tx import Tx


class Way(Struct, frozen=True, kw_only=True):
    """A reply in public, or in private, as far as files go."""

    takes: str
    """What the network takes, in words; empty where it takes nothing."""
    why_none: str
    problems: list[str]
    how: str
    """In which messages it goes out, where that is more than one."""
    describes: bool
    """Descriptions of pictures are shown there."""


class Panel(Struct, frozen=True, kw_only=True):
    """The files of a draft."""

    files: list[File]
    public: Way
    private: Way


def panel(tx: Tx, user_id: str, case_id: str, can: Capabilities) -> Panel:
    """What the composer shows of a colleague's draft, for a channel."""
    files = service.of_draft(tx, user_id, case_id)
    return Panel(
        files=files,
        public=_way(files, can.public_files, can),
        private=_way(files, can.private_files, can),
    )


def _way(files: list[File], takes: Files | None, can: Capabilities) -> Way:
    without = rules.why_none(can)
    return Way(
        takes=rules.in_words(takes) if takes is not None else "",
        why_none="" if takes is not None else without,
        problems=rules.problems(files, takes, without),
        how=rules.in_messages(takes) if takes is not None else "",
        describes=takes is not None and takes.alt > 0,
    )
