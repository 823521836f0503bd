"""Pages as HTML: the policy, what templates may contain, addresses, and how a timeline is laid out."""

import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient

from earful.model.desk import InboxFilter, TimelineEvent
from earful.web.assets import STATIC, Assets
from earful.web.build import ICONS, MissingLibraryError, build
from earful.web.render import TEMPLATES, Renderer, json_block, view_query
from earful.web.security import CONTENT_SECURITY_POLICY, POLICY
from earful.web.shortcuts import GROUPS, SHORTCUTS
from earful.web.timeline import Piece, blocks
from earful.web.words import WORDS, word

from . import brewline, preview

NOW = 1_795_291_920_000
PAGES = ["/inbox", "/inbox/case/1042", "/channels", "/channels/new?network=email", "/settings/users",
         "/settings/tokens", "/settings/health", "/sign-in", "/welcome", "/nope"]  # fmt: skip
SOURCES = sorted(TEMPLATES.rglob("*.html"))
MODULES = sorted((STATIC / "js").glob("*.js"))


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(preview.app) as c:
        yield c


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_guarded(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"\s(style|on[a-z]+|hx-on[:\w-]*)=", answer.text)
    for script in re.findall(r"<script(.*?)>", answer.text):
        assert "src=" in script or 'type="application/json"' in script
    assert "<style" not in answer.text


def test_the_policy_opens_nothing() -> None:
    assert POLICY["default-src"] == "'none'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("source", MODULES, ids=lambda p: p.name)
def test_modules_evaluate_nothing(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert not re.search(
        r"\beval\(|new Function|\.setAttribute\(\"style\"|document\.write|window\.\w+ =", text
    )


def test_htmx_is_asked_for_nothing_that_evaluates() -> None:
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        assert not re.search(r"hx-on|hx-vals=['\"]js:|hx-trigger=\"[^\"]*\[|javascript:", text), source.name


def test_icons_and_glyphs_exist() -> None:
    text = "".join(source.read_text(encoding="utf-8") for source in SOURCES)
    drawn = re.findall(r"(\"[a-z0-9-]+\"|\([^()]*\)) \| icon", text)
    # neither what is compared with nor the keys of a table are icons
    used = {name for one in drawn for name in re.findall(r"(?<!== )\"([a-z0-9-]+)\"(?!:)", one)}
    used |= set(re.findall(r"call ui\.empty\(\"([a-z-]+)\"", text))
    assert len(used) > 60
    assert used <= set(ICONS)
    drawn = set(re.findall(r'symbol id="([a-z_]+)"', (STATIC / "glyphs.svg").read_text(encoding="utf-8")))
    assert {n.value for n in brewline.Network} <= drawn


def test_static_files_carry_their_content_in_their_address(client: TestClient, tmp_path: Path) -> None:
    url = preview.assets.url("js/main.js")
    assert client.get(url).headers["cache-control"].endswith("immutable")
    assert client.get("/static/000000000000/js/main.js").headers["cache-control"] == "no-cache"
    assert client.get(preview.assets.url("../render.py")).status_code == 404
    assert client.get(preview.assets.url("%2e%2e/render.py")).status_code == 404
    (tmp_path / "a.css").write_text("a", encoding="utf-8")
    assets = Assets(tmp_path, fixed=False)
    before = assets.url("a.css")
    (tmp_path / "a.css").write_text("b", encoding="utf-8")
    assert assets.url("a.css") != before


def test_build_says_what_is_missing(tmp_path: Path) -> None:
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "kept").touch()
    with pytest.raises(MissingLibraryError, match="npm ci"):
        build(tmp_path, vendor)
    assert (vendor / "kept").exists()


def test_json_in_a_page_cannot_end_its_element() -> None:
    block = json_block({"a": "</script><!-- & \u2028"})
    assert "<" not in block
    assert msgspec.json.decode(block.encode()) == {"a": "</script><!-- & \u2028"}


def test_an_address_names_only_what_differs() -> None:
    assert view_query(InboxFilter()) == ""
    assert (
        view_query(InboxFilter(view="mine", search="a&b"), {"order": "newest"})
        == "view=mine&q=a%26b&order=newest"
    )


def test_strings_go_through_gettext() -> None:
    class Shouting(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return message.upper()

    page = Renderer(Assets(), Shouting()).render(
        "sign_in.html", now=NOW, csrf_token="", next="/", email="", error=""
    )
    assert "PASSWORD" in page
    assert "Password" not in page


def test_names_cannot_break_out(client: TestClient) -> None:
    evil = brewline.row(9, NOW, person_name='<img src=x onerror="a">\u202e', handle="\ud800", preview="<b>")
    view = preview.InboxView(filter=InboxFilter(), page=preview.InboxPage(rows=[evil], next=""), counts={})
    page = preview.renderer.render("inbox/rows.html", now=NOW, inbox=view)
    page.encode("utf-8")
    assert "<img" not in page
    assert "<b>" not in page


def test_timeline_folds_events_and_divides_once() -> None:
    laid = blocks(brewline.timeline(NOW), NOW - 46 * 60_000)
    kinds = [b.piece for b in laid]
    assert kinds.count(Piece.NEW) == 1
    assert next(len(b.items) for b in laid if b.piece is Piece.EVENTS) == 3
    assert kinds[0] is Piece.DAY
    after = laid[kinds.index(Piece.NEW) + 1]
    assert after.items[0].id == "m4"  # type: ignore[union-attr]


def test_a_first_visit_has_no_divider() -> None:
    assert Piece.NEW not in [b.piece for b in blocks(brewline.timeline(NOW), None)]


def test_an_event_of_a_plugin_is_still_readable() -> None:
    event = TimelineEvent(at=NOW, user_name="", what="parcel_lost", detail="")
    assert word(event.what, "event") == "parcel lost"


def test_every_key_is_given_once_and_every_word_is_there() -> None:
    keys = [s.keys for s in SHORTCUTS if s.keys]
    assert len(keys) == len(set(keys))
    assert {s.group for s in SHORTCUTS} == set(GROUPS)
    for family, values in (
        ("network", brewline.Network),
        ("outcome", brewline.Outcome),
        ("send_state", brewline.SendState),
    ):
        assert {v.value for v in values} == set(WORDS[family])
