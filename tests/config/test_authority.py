"""How hosts and origins are read."""

import re

import pytest

from dispatch.config.authority import Authority, authority, hosts_in, in_url, origin, origins_in


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("localhost", "localhost", None),
        ("LocalHost:8067", "localhost", 8067),
        ("localhost.:8067", "localhost", 8067),
        ("localhost:", "localhost", None),
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("127.0.0.1.", "127.0.0.1", None),
        ("[::1]:8067", "::1", 8067),
        ("[0:0:0:0:0:0:0:1]", "::1", None),
        ("[fe80::1%25eth0]:1", "fe80::1%25eth0", 1),
        ("dispatch_server", "dispatch_server", None),
        ("127.0.0.1.evil.com", "127.0.0.1.evil.com", None),
    ],
)
def test_an_authority_is_a_host_in_one_form_and_maybe_a_port(text: str, host: str, port: int | None) -> None:
    assert authority(text) == Authority(host, port)


@pytest.mark.parametrize(
    "text",
    [
        *("", ":80", ".", "a..b", ".a", "user@localhost", "localhost@evil.com", "a b", "localhost/", "localhost:x"),
        *("localhost:65536", "localhost:-1", "localhost:80:80", "::1", "[::1", "[evil.com]", "[127.0.0.1]", "[]"),
        *(
            "localhost,evil.com",
            "b\u00fccher.example",
            "x" * 64,
            ".".join(["x" * 60] * 5),
            "localhost\n",
            "%6cocalhost",
        ),
    ],
)
def test_what_is_no_authority_is_told_apart(text: str) -> None:
    assert authority(text) is None


def test_only_addresses_are_addresses() -> None:
    for text, expected in (("10.0.2.2", True), ("[::1]", True), ("10.0.2.2.evil.com", False), ("localhost", False)):
        read = authority(text)
        assert read is not None and read.is_address is expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://localhost", "HTTP://LOCALHOST:80"),
        ("https://a.example:443", "https://a.example."),
        ("wss://[::1]", "wss://[0::1]:443"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_origins_that_mean_the_same_are_equal(one: str, other: str) -> None:
    assert origin(one) == origin(other) is not None


@pytest.mark.parametrize(
    "one", ["http://localhost:81", "https://localhost", "http://localhost.example", "ws://localhost"]
)
def test_origins_that_differ_in_scheme_host_or_port_are_not(one: str) -> None:
    assert origin(one) not in (None, origin("http://localhost"))


@pytest.mark.parametrize(
    "text", ["null", "", "*", "localhost", "http://", "http://a/b", "http://a@b", "file://", "a b://c"]
)
def test_what_is_no_origin_is_told_apart(text: str) -> None:
    assert origin(text) is None


def test_a_list_has_commas_or_spaces_and_names_in_any_letters() -> None:
    assert hosts_in("cars.example, B\u00dccher.example:443  10.0.0.1,") == {
        "cars.example",
        "xn--bcher-kva.example",
        "10.0.0.1",
    }
    assert origins_in("https://app.example/ http://localhost:5173") == {
        origin("https://app.example"),
        origin("http://localhost:5173"),
    }
    assert hosts_in("") == origins_in(" ") == frozenset()


@pytest.mark.parametrize("listed", ["*", "a, *.b", "a/b", "http://a", "a@b"])
def test_a_list_with_something_else_than_hosts_is_none(listed: str) -> None:
    with pytest.raises(ValueError, match=re.escape(listed)):
        hosts_in(listed)


@pytest.mark.parametrize("listed", ["*", "null", "https://*.example", "https://a/b", "a.example", "https://a, b"])
def test_a_list_with_something_else_than_origins_is_none(listed: str) -> None:
    with pytest.raises(ValueError, match=re.escape(listed)):
        origins_in(listed)


@pytest.mark.parametrize(
    ("host", "written"), [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("localhost", "localhost")]
)
def test_a_host_in_a_url_is_one_that_can_be_read_again(host: str, written: str) -> None:
    assert in_url(host) == written
    assert authority(f"{written}:8067") == Authority(host, 8067)
