"""The private cluster gives each test a database of its own."""

import psycopg
import pytest

pytestmark = pytest.mark.real


def test_each_test_gets_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("create table seen (id int)")
        version = connection.execute("show server_version_num").fetchone()
        assert version is not None
        assert int(version[0]) >= 150000


def test_and_the_next_one_too(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute("select to_regclass('seen')").fetchone() == (None,)
