"""Settings come from defaults, a file, the environment and flags, in this order; mistakes name their place."""

from pathlib import Path

import pytest

from earful.config import SettingsError, load


def test_later_sources_win(tmp_path: Path) -> None:
    file = tmp_path / "earful.toml"
    file.write_text('port = 1111\nhost = "127.0.0.2"\nbrand = "From the file"\n')
    environment = {"EARFUL_PORT": "2222", "EARFUL_DATA": str(tmp_path), "UNRELATED": "x"}
    assert load(environment).port == 2222
    assert load(environment, flags={"port": 3333}).port == 3333
    assert load(environment, flags={"port": None}).port == 2222
    assert load(environment).host == "127.0.0.2"
    assert load({"EARFUL_DATA": str(tmp_path)}).brand == "From the file"


def test_a_named_file_is_read_instead_of_the_one_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "earful.toml").write_text("port = 1111\n")
    other = tmp_path / "other.toml"
    other.write_text("port = 4444\n")
    assert load({"EARFUL_DATA": str(tmp_path), "EARFUL_CONFIG": str(other)}).port == 4444


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("prot = 8000", "prot"),
        ('port = "many"', "port"),
        ("port = ", "TOML"),
        ("file_link_hours = 0", "file_link_hours"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, names: str) -> None:
    (tmp_path / "earful.toml").write_text(text)
    with pytest.raises(SettingsError, match=names):
        load({"EARFUL_DATA": str(tmp_path)})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load({"EARFUL_CONFIG": str(tmp_path / "nowhere.toml")})


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgresql://me@db/earful", "postgresql+psycopg://me@db/earful"),
        ("postgres://me@db/earful", "postgresql+psycopg://me@db/earful"),
        ("sqlite:////var/e.sqlite3", "sqlite:////var/e.sqlite3"),
        ("/var/e.sqlite3", "sqlite:////var/e.sqlite3"),
    ],
)
def test_database_urls_are_understood_as_people_write_them(given: str, url: str) -> None:
    assert load({"EARFUL_DATABASE": given}).database_url == url


def test_cookies_are_secure_behind_https() -> None:
    assert load({"EARFUL_PUBLIC_URL": "https://desk.example.com/"}).secure_cookies
    assert not load({}).secure_cookies
