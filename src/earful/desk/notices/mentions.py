"""`@name` in notes: whom it means, kept with the note."""

from msgspec import Struct

from earful.desk.notices import rules, store
from earful.desk.routing import settings as routing
from earful.desk.users import service as users
from earful.model.desk import NoteMention
from earful.model.time import Instant
from earful.store.tx import Tx


class Mentionable(Struct, frozen=True, kw_only=True):
    """Somebody, or a team, that a note can name. `write`: what stands behind the `@`."""

    name: str
    write: str
    team: bool = False
    away: bool = False
    away_until: int | None = None


def _handles(tx: Tx) -> dict[str, str]:
    people = {one.id: (one.name, one.email) for one in users.colleagues(tx)}
    return rules.handles(people, {team.id: team.name for team in routing.in_force(tx).teams})


def keep(tx: Tx, note_id: str, text: str) -> None:
    """Note down whom a new note names."""
    if "@" not in text:
        return
    rows = []
    for one in rules.mentions(text, _handles(tx)):
        kind, _, named = one.name.partition(":")
        user_id, team_id = (named, "") if kind == "user" else ("", named)
        rows.append(
            {"note_id": note_id, "start": one.start, "stop": one.stop, "user_id": user_id, "team_id": team_id}
        )
    store.put_mentions(tx, rows)


def of_case(tx: Tx, case_id: str) -> dict[str, list[NoteMention]]:
    """note -> whom it names, with the names of today."""
    rows = store.mentions_of(tx, case_id)
    if not rows:
        return {}
    names = {one.user.id: one.user.name for one in users.everybody(tx)}
    names |= {team.id: team.name for team in routing.in_force(tx).teams}
    found: dict[str, list[NoteMention]] = {}
    for row in rows:
        name = names.get(row["user_id"] or row["team_id"], "")
        found.setdefault(row["note_id"], []).append(
            NoteMention(start=row["start"], stop=row["stop"], name=name, user_id=row["user_id"])
        )
    return found


def people_in(tx: Tx, note_ids: list[str]) -> dict[str, frozenset[str]]:
    """note -> the users that it names, members of teams among them."""
    rows = store.mentions_in(tx, note_ids)
    teams = {team.id: frozenset(team.members) for team in routing.in_force(tx).teams} if rows else {}
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        named = frozenset({row["user_id"]}) if row["user_id"] else teams.get(row["team_id"], frozenset())
        found[row["note_id"]] = found.get(row["note_id"], frozenset()) | named
    return found


def mentionable(tx: Tx, user_id: str, now: Instant) -> list[Mentionable]:
    """Whom somebody can name, by name: colleagues with whether they are away, then teams."""
    known = _handles(tx)
    found = []
    for one in users.colleagues(tx):
        if one.id == user_id:
            continue
        write = one.name if known.get(one.name.lower()) == f"user:{one.id}" else one.email.partition("@")[0]
        away = routing.is_away(tx, one.id, now)
        until = routing.profile(tx, one.id).away_until if away else None
        found.append(Mentionable(name=one.name, write=write, away=away, away_until=until))
    teams = [
        Mentionable(name=team.name, write=team.name, team=True)
        for team in routing.in_force(tx).teams
        if known.get(team.name.lower()) == f"team:{team.id}"
    ]
    return found + sorted(teams, key=lambda team: team.name)
