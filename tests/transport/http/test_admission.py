"""Which requests are let in, by Host and Origin, and who asks, by a token or the path."""

from collections.abc import Mapping, Sequence

import pytest

from dispatch import principals
from dispatch.config import Settings
from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.tokens import Claims, make_token
from dispatch.ids import DriverId, RideId
from dispatch.principals import OPERATIONS, Principal, Role
from dispatch.transport.http.access import Requester
from dispatch.transport.http.admission import Admission, Admitted, HttpRequest, Turned
from dispatch.transport.http.paths import RequestRefusal
from dispatch.transport.http.proofs import Proofs

RING = KeyRing((Key("k1", b"s" * 32, 0.0),))


def person_of(ident: str) -> str:
    """One phone is another id's."""
    return "p1" if ident == "27821234569" else ident


"""Who has which phone."""
NOBODY_YET = Requester(None, login=True, is_local=True)

SET = Settings(
    host="desk.local", hosts="cars.example, other.example:81", origins="https://app.example capacitor://localhost"
)


def admitted(
    path: str, hosts: Sequence[str], origins: Sequence[str] = (), knows_host: bool = True, query: str = ""
) -> Requester | RequestRefusal:
    """What becomes of a request with these values of the two headers."""
    return Admission(SET).admit(request(path, {"Host": hosts, "Origin": origins}, knows_host=knows_host, query=query))


def request(
    path: str,
    headers: Mapping[str, Sequence[str]],
    *,
    client: str = "127.0.0.1",
    knows_host: bool = True,
    query: str = "",
) -> HttpRequest:
    """A request with these headers."""
    return HttpRequest(path, query, lambda name: headers.get(name, ()), client, knows_host, lambda: headers)


def turned_or_in(admission: Admission, path: str, token: str = "", protocols: str = "", query: str = "") -> object:
    """Who speaks on a socket, the close code it is turned away with, or the status of the refusal."""
    headers = {"Host": ["localhost"]}
    if token:
        headers["Authorization"] = [token]
    if protocols:
        headers["Sec-WebSocket-Protocol"] = [protocols]
    found = admission.admit_socket(request(path, headers, query=query))
    if isinstance(found, Admitted):
        return found.principal
    return found.code if isinstance(found, Turned) else int(found.status)


def outcome(host: str | list[str], origin: str | list[str] = ()) -> str:  # type: ignore[assignment]
    """`in`, or the code or status of the refusal."""
    hosts, origins = ([one] if isinstance(one, str) else list(one) for one in (host, origin))
    refusal = admitted("/", hosts, origins)
    if not isinstance(refusal, RequestRefusal):
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
    assert admitted("/", [], knows_host=False) == NOBODY_YET
    assert admitted("/", [], ["https://app.example"], knows_host=False) == NOBODY_YET
    assert isinstance(admitted("/", [], ["http://localhost"], knows_host=False), RequestRefusal)


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
        ("/ws/driver/%2B27821234569/", principals.driver(DriverId("p1"))),
        ("/ws/ops/", OPERATIONS),
    ],
)
def test_while_nobody_logs_in_the_path_says_who_speaks(path: str, principal: Principal) -> None:
    assert turned_or_in(Admission(Settings(), person_of=person_of), path) == principal


# -- with login


def reads(principal: Principal, ends_at: float = 900.0) -> str:
    """A token of this person."""
    return make_token(Claims(principal, "s1", 100, int(ends_at)), RING)


@pytest.fixture
def strict() -> Admission:
    """An admission at second 500 where people log in."""
    return Admission(Settings(auth="on"), Proofs(lambda: RING, lambda: 500.0, 900.0), person_of)


ANN, BEN, SUE = Principal(Role.PASSENGER, "p1"), Principal(Role.DRIVER, "p1"), Principal(Role.STAFF, "p9")


def test_a_token_comes_in_a_header_or_as_a_subprotocol_and_says_who_speaks(strict: Admission) -> None:
    assert turned_or_in(strict, "/ws/ride/r1/", f"Bearer {reads(ANN)}") == ANN
    assert turned_or_in(strict, "/ws/ride/r1/", f"bearer  {reads(ANN)} ") == ANN
    assert turned_or_in(strict, "/ws/ride/r1/", protocols=f"dispatch.v1, bearer.{reads(ANN)}") == ANN
    assert turned_or_in(strict, "/ws/ride/r1/") is None, "it may still come in the first frame"


@pytest.mark.parametrize(
    ("principal", "path", "outcome"),
    [
        (BEN, "/ws/driver/%2B27821234569/", BEN),  # by phone
        (BEN, "/ws/driver/p1/", BEN),
        (Principal(Role.DRIVER, "27825550000"), "/ws/driver/+27825550000/", Principal(Role.DRIVER, "27825550000")),
        (BEN, "/ws/driver/27821234568/", 4503),
        (BEN, "/ws/driver/p2/", 4503),
        (Principal(Role.DRIVER, "27821234569"), "/ws/driver/27821234569/", 4503),  # the phone is another person's now
        (ANN, "/ws/driver/p1/", 4503),
        (BEN, "/ws/ride/r1/", 4503),
        (BEN, "/ws/ops/", 4503),
        (ANN, "/ws/ops/", 4503),
        (SUE, "/ws/ops/", SUE),
        (SUE, "/ws/ride/r1/", 4503),
        (SUE, "/ws/driver/p1/", 4503),
    ],
)
def test_a_socket_is_for_one_role_and_a_drivers_path_for_its_driver(
    strict: Admission, principal: Principal, path: str, outcome: object
) -> None:
    assert turned_or_in(strict, path, f"Bearer {reads(principal)}") == outcome


def test_a_token_that_is_worth_nothing_turns_a_socket_away(strict: Admission) -> None:
    assert turned_or_in(strict, "/ws/ride/r1/", f"Bearer {reads(ANN, ends_at=500)}") == 4001
    for token in ("Bearer x", "Bearer", "Basic eDp5", f"Bearer {reads(ANN)}x", reads(ANN)):
        assert turned_or_in(strict, "/ws/ride/r1/", token) == 4501
    assert turned_or_in(strict, "/ws/ride/r1/", protocols="bearer.") == 4501


@pytest.mark.parametrize("name", ["token", "access_token", "bearer"])
def test_a_token_in_the_url_is_refused(strict: Admission, name: str) -> None:
    assert turned_or_in(strict, "/ws/ride/r1/", query=f"{name}=x") == 400
    refusal = strict.admit(request("/api/x", {"Host": ["localhost"]}, query=f"a=1&{name}=x"))
    assert isinstance(refusal, RequestRefusal) and str(refusal) == "tokens are not taken in the URL"


def test_over_http_a_token_that_is_worth_nothing_is_401_with_a_challenge(strict: Admission) -> None:
    for token, code in ((reads(ANN, ends_at=500), "token_expired"), ("x", "not_authenticated")):
        headers = {"Host": ["localhost"], "Authorization": [f"Bearer {token}"]}
        refusal = strict.admit(request("/api/me", headers))
        assert isinstance(refusal, RequestRefusal) and (refusal.status, refusal.code) == (401, code)
        assert refusal.headers["WWW-Authenticate"] == 'Bearer realm="dispatch", error="invalid_token"'


# -- proxies

HEADERS = ("Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Anything", "X-Real-IP", "via")


@pytest.mark.parametrize("name", HEADERS)
def test_while_nobody_logs_in_a_request_through_a_proxy_is_refused_and_told_what_to_do(name: str) -> None:
    headers = {"Host": ["localhost"], name: ["1.2.3.4"]}
    for found in (
        Admission(Settings()).admit(request("/metrics", headers)),
        Admission(Settings()).admit_socket(request("/ws/ops/", headers)),
    ):
        assert isinstance(found, RequestRefusal) and (found.status, found.code) == (403, "behind_a_proxy")
        assert "--behind-proxy" in str(found)


@pytest.mark.parametrize(
    ("client", "hops", "found"),
    [
        ("10.0.0.5", "1.2.3.4", "1.2.3.4"),
        ("::ffff:10.0.0.5", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.5", "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # what a client wrote itself stands before
        ("10.0.0.5", "6.6.6.6, 1.2.3.4:5678, 10.0.0.6", "1.2.3.4"),
        ("10.0.0.5", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.5", "[2001:db8::7]:99", "2001:db8::7"),
        ("10.0.0.5", "6.6.6.6, unknown", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("8.8.8.8", "1.2.3.4", "8.8.8.8"),  # no proxy of ours
        ("127.0.0.1", "1.2.3.4", "127.0.0.1"),
    ],
)
def test_forwarding_headers_are_believed_of_the_listed_proxies_alone(client: str, hops: str, found: str) -> None:
    headers = {"Host": ["localhost"], "X-Forwarded-For": [hops], "X-Forwarded-Proto": ["https"]}
    admission = Admission(Settings(behind_proxy="10.0.0.0/8"))
    asked = request("/", headers, client=client)
    assert isinstance(admission.admit(asked), Requester)
    address, scheme = admission.client(asked)
    assert (address, scheme) == (found, "https" if client.endswith("10.0.0.5") else "")


def test_local_is_who_asks_from_this_machine_with_no_proxy_in_between() -> None:
    plain, forwarded = {"Host": ["localhost"]}, {"Host": ["localhost"], "Via": ["x"]}
    cases = [
        (Settings(), plain, "127.0.0.1", True),
        (Settings(), plain, "::1", True),
        (Settings(auth="on"), plain, "127.0.0.1", True),
        (Settings(auth="on"), plain, "192.168.1.5", False),
        (Settings(auth="on"), forwarded, "127.0.0.1", False),
        (Settings(behind_proxy="127.0.0.1"), plain, "127.0.0.1", False),
    ]
    for settings, headers, client, wanted in cases:
        caller = Admission(settings).admit(request("/metrics", headers, client=client))
        assert isinstance(caller, Requester) and caller.is_local is wanted


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [("/ws/rid/1/", "", 404), ("/ws/ops/1/", "", 404), ("/ws/ride/a b/", "", 400), ("/ws/ops/", "token=x", 400)],
)
def test_a_path_that_names_nobody_and_a_token_in_the_url_are_refused(path: str, query: str, status: int) -> None:
    refusal = admitted(path, ["localhost"], query=query)
    assert isinstance(refusal, RequestRefusal) and refusal.status == status


def test_a_foreign_page_hears_that_before_it_hears_what_is_wrong_with_its_path() -> None:
    refusal = admitted("/ws/rid/1/", ["localhost"], ["https://evil.example"])
    assert isinstance(refusal, RequestRefusal) and refusal.code == "wrong_origin"
