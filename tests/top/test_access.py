"""Where `top` looks, and with which token."""

from pathlib import Path

import pytest

from dispatch.errors import SettingError
from dispatch.top import access as ways
from dispatch.top.access import Access, access_of

OWN = {"url": "http://127.0.0.1:9000", "metrics_url": "http://127.0.0.1:9067/metrics", "token": "ours"}


@pytest.fixture
def token_file(tmp_path: Path) -> str:
    file = tmp_path / "token"
    file.write_text("theirs\n")
    return str(file)


def served(monkeypatch: pytest.MonkeyPatch, told: dict[str, str] | None) -> None:
    """Whoever serves the file says this of itself."""
    monkeypatch.setattr(ways, "ask_owner", lambda db, order: told)


def test_whoever_serves_the_file_says_where_it_is_and_lets_in_who_may_ask_it(monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, OWN)
    assert access_of(None, None, "x.db", "127.0.0.1", 8067)() == Access(OWN["url"], OWN["metrics_url"], "ours")


def test_where_nobody_serves_the_file_it_is_the_host_and_port_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, None)
    access = access_of(None, None, "x.db", "::1", 8067)()
    assert access == Access("http://[::1]:8067", "http://[::1]:8067/metrics")
    assert access.socket_url == "ws://[::1]:8067/ws/ops/"


def test_a_server_that_is_gone_is_looked_for_where_it_was_and_not_where_another_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served(monkeypatch, OWN)
    ask = access_of(None, None, "x.db", "127.0.0.1", 8067)
    ask()
    served(monkeypatch, None)
    assert ask().url == OWN["url"]


def test_a_token_of_this_machine_s_server_is_shown_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, OWN)
    assert access_of("https://other.example", None, "x.db", "127.0.0.1", 8067)().token == ""
    assert access_of("http://127.0.0.1:9000/", None, "x.db", "127.0.0.1", 8067)().token == "ours"


def test_a_token_file_is_read_again_for_each_connection(monkeypatch: pytest.MonkeyPatch, token_file: str) -> None:
    served(monkeypatch, None)
    ask = access_of("https://dispatch.example", token_file, "x.db", "127.0.0.1", 8067)
    assert ask() == Access("https://dispatch.example", "https://dispatch.example/metrics", "theirs")
    assert ask().socket_url == "wss://dispatch.example/ws/ops/"
    Path(token_file).write_text("newer")
    assert ask().token == "newer"


@pytest.mark.parametrize(
    "url", ["dispatch.example", "ftp://x", "http://", "http://a@b", "https://x/path", "http://x?token=1", "http://x y"]
)
def test_what_is_no_address_of_a_server_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingError, match="must be that of a server"):
        access_of(url, None, "x.db", "127.0.0.1", 8067)


def test_no_token_crosses_the_network_unencrypted(token_file: str) -> None:
    with pytest.raises(SettingError, match="must begin with https"):
        access_of("http://dispatch.example", token_file, "x.db", "127.0.0.1", 8067)
    access_of("http://localhost:8067", token_file, "x.db", "127.0.0.1", 8067)


@pytest.mark.parametrize("content", [b"", b"two tokens", "tökén".encode()])
def test_a_token_file_without_a_token_is_refused_without_saying_what_is_in_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(SettingError, match="token_file") as refused:
        access_of(None, str(file), "x.db", "127.0.0.1", 8067)
    assert "two" not in str(refused.value)
    with pytest.raises(SettingError, match="cannot be read"):
        access_of(None, str(tmp_path / "none"), "x.db", "127.0.0.1", 8067)
