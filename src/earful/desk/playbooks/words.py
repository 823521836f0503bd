"""What changed between two versions of a playbook, in words."""

from collections.abc import Callable, Iterator

from earful.desk.conditions.words import says
from earful.desk.playbooks.rules import Path, Playbook, Step
from earful.desk.sla.rules import write_minutes
from earful.web.words import N_, word

Tongue = Callable[[str], str]
_PARTS = ("name", "description", "order", "enabled", "default")
_STEP_PARTS = {
    "kind": N_("kind"), "title": N_("title"), "minutes": N_("deadline"), "clock": N_("clock"),
    "owner": N_("owner"), "text": N_("text"), "ends": N_("what ends it"), "next": N_("where it leads"),
    "late": N_("where it leads when late"),
}  # fmt: skip


def differences(before: Playbook | None, after: Playbook, tongue: Tongue = str) -> list[str]:
    """One sentence for each change, in reading order."""
    if before is None:
        return [tongue(N_("First version"))]
    found = [
        tongue(N_("{part}: {old} → {new}")).format(part=name, old=_said(old), new=_said(new))
        for name in _PARTS
        if (old := getattr(before, name)) != (new := getattr(after, name))
    ]
    if before.when != after.when:
        found.append(tongue(N_("When: {old} → {new}")).format(old=says(before.when), new=says(after.when)))
    old_paths = {path.id: path for path in before.paths}
    for path in after.paths:
        found += _path(old_paths.pop(path.id, None), path, tongue)
    found += [tongue(N_("Path {path} removed")).format(path=path.name) for path in old_paths.values()]
    return found or [tongue(N_("Nothing"))]


def _path(before: Path | None, after: Path, tongue: Tongue) -> Iterator[str]:
    if before is None:
        yield tongue(N_("Path {path} added, with {n} steps")).format(path=after.name, n=len(after.steps))
        return
    for name in ("name", "severity"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            words = tongue(N_("Path {path}, {part}: {old} → {new}"))
            yield words.format(path=after.name, part=name, old=_said(old), new=_said(new))
    old_steps = {step.id: step for step in before.steps}
    for step in after.steps:
        yield from _step(old_steps.pop(step.id, None), step, after, tongue)
    for step in old_steps.values():
        yield tongue(N_("{path}: step {step} removed")).format(path=after.name, step=step.title)
    kept = [one.id for one in after.steps if one.id not in old_steps]
    stood = [one.id for one in before.steps if one.id in kept]
    if [one for one in kept if one in stood] != stood:
        yield tongue(N_("{path}: the order of the steps")).format(path=after.name)


def _step(before: Step | None, after: Step, path: Path, tongue: Tongue) -> Iterator[str]:
    if before is None:
        yield tongue(N_("{path}: step {step} added")).format(path=path.name, step=after.title)
        return
    for name, label in _STEP_PARTS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            words = tongue(N_("{path}, {step}, {part}: {old} → {new}"))
            yield words.format(
                path=path.name,
                step=after.title,
                part=tongue(label),
                old=_part(name, old),
                new=_part(name, new),
            )


def _part(name: str, value: object) -> str:
    if name == "minutes" and isinstance(value, int):
        return write_minutes(value)
    if name == "ends" and isinstance(value, tuple):
        return ", ".join(word(one, "step_end") for one in value)
    return _said(value)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "–"
    return f"“{value}”" if isinstance(value, str) and value else str(value or "–")
