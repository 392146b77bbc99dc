"""Which requests are let in, by Host and Origin, and who asks, by the path."""

from collections.abc import Sequence

import pytest

from dispatch import principals
from dispatch.config import Settings
from dispatch.ids import DriverId, RideId
from dispatch.principals import ANYBODY, OPERATIONS, Principal
from dispatch.transport.http.admission import Admission, HttpRequest
from dispatch.transport.http.paths import Refusal

SET = Settings(
    host="desk.local", hosts="cars.example, other.example:81", origins="https://app.example capacitor://localhost"
)


def admitted(
    path: str, hosts: Sequence[str], origins: Sequence[str] = (), knows_host: bool = True, query: str = ""
) -> Principal | Refusal:
    """What becomes of a request with these values of the two headers."""
    values = {"Host": hosts, "Origin": origins}
    return Admission(SET).admit(HttpRequest(path, query, lambda name: values[name], "127.0.0.1", knows_host))


def outcome(host: str | list[str], origin: str | list[str] = ()) -> str:  # type: ignore[assignment]
    """`in`, or the code or status of the refusal."""
    hosts, origins = ([one] if isinstance(one, str) else list(one) for one in (host, origin))
    refusal = admitted("/", hosts, origins)
    if not isinstance(refusal, Refusal):
        return "in"
    assert str(refusal).isprintable() and str(refusal).isascii()
    return refusal.code or str(refusal.status.value)


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.0.0.1:8067",
            "10.0.2.2:8067",
            "192.168.1.5",
            "[::1]:8067",
            "[::1]",
            "localhost",
            "LOCALHOST:1",
        ),
        *("localhost.:8067", "desk.local", "desk.local:9", "cars.example", "Cars.Example:443", "other.example:9000"),
    ],
)
def test_addresses_localhost_and_names_of_the_settings_are_names_of_this_server(host: str) -> None:
    assert outcome(host) == "in"


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:8067",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "evil-localhost",
            "x.localhost",
        ),
        *(
            "sub.cars.example",
            "cars.example.evil.com",
            "xcars.example",
            "127.0.0.1.nip.io",
            "127.0.0.1-x",
            "0x7f.1.evil",
        ),
    ],
)
def test_any_other_name_is_refused_and_told_what_to_set(host: str) -> None:
    assert outcome(host) == "wrong_host"
    assert "by its IP address or as localhost, or name this host in its setting `hosts`" in str(admitted("/", [host]))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b",
        "user@localhost",
        "localhost:x",
        "::1",
        "\x1b[31m",
        "localhost, localhost",
        [],
        ["localhost", "localhost"],
    ],
)
def test_a_host_that_names_nothing_or_comes_twice_is_a_bad_request(host: str | list[str]) -> None:
    assert outcome(host) == "400"


def test_a_request_of_a_time_before_host_needs_none_but_its_page_must_be_a_friend() -> None:
    assert admitted("/", [], knows_host=False) == ANYBODY
    assert admitted("/", [], ["https://app.example"], knows_host=False) == ANYBODY
    assert isinstance(admitted("/", [], ["http://localhost"], knows_host=False), Refusal)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8067", "http://127.0.0.1:8067"),
        ("localhost:9000", "http://localhost:9000"),  # ssh -L 9000:localhost:8067
        ("10.0.2.2:8067", "http://10.0.2.2:8067"),  # an Android emulator
        ("cars.example", "https://cars.example"),  # a proxy ends TLS
        ("cars.example:443", "https://cars.example"),
        ("localhost:8067", "ws://localhost:8067"),  # libraries that are no browsers
        ("cars.example", "http://cars.example:80"),
        ("Cars.Example.", "https://cars.example"),
        ("[::1]:8067", "http://[0:0::1]:8067"),
        ("localhost:8067", "https://app.example"),
        ("localhost:8067", "HTTPS://App.Example:443"),
        ("localhost", "capacitor://localhost"),
    ],
)
def test_a_page_of_this_server_or_of_the_settings_is_let_in(host: str, origin: str) -> None:
    assert outcome(host, origin) == "in"


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8067", "https://evil.example"),
        ("localhost:8067", "http://localhost:5173"),
        ("localhost:8067", "http://localhost"),
        ("127.0.0.1:8067", "http://localhost:8067"),
        ("localhost:8067", "https://app.example:8443"),
        ("localhost:8067", "http://app.example"),
        ("localhost:8067", "https://app.example.evil.com"),
        ("localhost:8067", "https://app.example@evil.com"),
        ("localhost:8067", "https://sub.app.example"),
        ("localhost", "ionic://localhost"),
        *(
            ("localhost", origin)
            for origin in ("null", "", "*", "file://", "localhost", "http://localhost/", "http://a http://b")
        ),
    ],
)
def test_any_other_page_is_refused(host: str, origin: str) -> None:
    assert outcome(host, origin) == "wrong_origin"


def test_two_origins_are_none() -> None:
    assert outcome("localhost", ["http://localhost", "http://localhost"]) == "wrong_origin"


def test_a_page_whose_own_name_leads_here_is_refused_by_that_name() -> None:
    assert outcome("evil.example:8067", "http://evil.example:8067") == "wrong_host"


@pytest.mark.parametrize(
    ("path", "principal"),
    [
        ("/ws/ride/r1/", principals.passenger_of(RideId("r1"))),
        ("/ws/driver/%2B27821234568/", principals.driver(DriverId("27821234568"))),
        ("/ws/ops/", OPERATIONS),
        ("/api/rides/r1/cancel", OPERATIONS),
        ("/metrics", OPERATIONS),
        ("/-/versions", OPERATIONS),
        ("/api/quotes", ANYBODY),
        ("/healthz", ANYBODY),
        ("/nothing", ANYBODY),
    ],
)
def test_while_nobody_logs_in_the_path_says_who_asks(path: str, principal: Principal) -> None:
    assert admitted(path, ["localhost"]) == principal


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [("/ws/rid/1/", "", 404), ("/ws/ops/1/", "", 404), ("/ws/ride/a b/", "", 400), ("/ws/ops/", "token=x", 400)],
)
def test_a_path_that_names_nobody_and_a_token_in_the_url_are_refused(path: str, query: str, status: int) -> None:
    refusal = admitted(path, ["localhost"], query=query)
    assert isinstance(refusal, Refusal) and refusal.status == status


def test_a_foreign_page_hears_that_before_it_hears_what_is_wrong_with_its_path() -> None:
    refusal = admitted("/ws/rid/1/", ["localhost"], ["https://evil.example"])
    assert isinstance(refusal, Refusal) and refusal.code == "wrong_origin"
