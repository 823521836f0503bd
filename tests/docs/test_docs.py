"""The documentation says what the code says."""

import ast
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from earful.desk.triage.panel import GROUPS
from earful.triage import corrections
from earful.triage.profile import LISTS, read_brand
from earful.web.words import WORDS

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"


def test_reference_pages_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/reference.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def event_types() -> set[str]:
    """Every string in the code that is the type of an appended event."""
    found: set[str] = set()
    for path in (ROOT / "src" / "earful").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
                continue
            value = node.value.value
            if (
                isinstance(value, str)
                and value.split(".")[0] in ("message", "case")
                and value.count(".") == 1
            ):
                found.add(value)
    return found


def test_every_event_type_is_documented() -> None:
    page = (DOCS / "reference" / "events.md").read_text()
    types = event_types()
    assert len(types) >= 9
    assert {one for one in types if f"`{one}`" not in page} == set()


def links() -> list[tuple[Path, str]]:
    """Every relative link of every page."""
    found = []
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "src").rglob("*.md")]
    for page in pages:
        for part in page.read_text().split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and "://" not in target and not target.startswith("mailto:"):
                found.append((page, target))
    return found


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page, target in links()
        if not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-desk.md", "docs/how-to/operate.md"])
def test_commands_in_pages_exist(page: str) -> None:
    from earful.cli import main  # noqa: PLC0415 - the commands that there are

    used = {
        line.split("earful ")[1].split()[0]
        for line in (ROOT / page).read_text().splitlines()
        if "bin/earful " in line
    }
    assert used - set(main.commands) == set()


def test_make_targets_in_pages_exist() -> None:
    targets = {
        line.split(":")[0]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line[:1].isalpha() and ":" in line
    }
    text = "".join((ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md"))
    used = {part.split()[0].strip("`") for part in text.split("make ")[1:] if part[:1].islower()}
    assert {one for one in ("run", "test", "check", "format", "lock", "reference") if one in used} <= targets


def test_the_tutorials_file_can_be_imported(tmp_path: Path) -> None:
    page = (DOCS / "tutorial" / "first-desk.md").read_text()
    block = page.split("```csv\n")[1].split("```")[0]
    file = tmp_path / "history.csv"
    file.write_text("\n".join(line.strip() for line in block.splitlines() if line.strip()))
    command = [
        sys.executable,
        "-m",
        "earful.cli",
        "import",
        str(file),
        "--channel",
        "shop",
        "--network",
        "review",
    ]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "desk")], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 new")


def test_the_profile_in_the_how_to_can_be_read() -> None:
    page = (DOCS / "how-to" / "weigh-priority.md").read_text()
    block = page.split("```toml\n")[1].split("```")[0]
    brand = read_brand(block)
    assert all(getattr(brand, name) for name in LISTS)


def test_the_keys_in_the_how_to_lead_to_their_groups() -> None:
    page = (DOCS / "how-to" / "correct-ratings.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| `k`"))
    keys, words = row.strip("| ").split(" | ")
    assert keys.replace("`", "").split() == [letter for _, letter in GROUPS]
    names = [WORDS["field"][field].lower() for field, _ in GROUPS]
    assert words == f"lead to {', '.join(names)}"
    body = page.split("-d '")[1].split("'")[0]
    sent = msgspec.json.decode(body)
    assert corrections.read(sent["field"], sent["value"]) == 3
