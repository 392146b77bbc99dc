"""On which addresses a server may listen, and whether people have to log in: the whole table."""

from typing import Any

import pytest

from dispatch.config import Settings
from dispatch.config.exposure import Reach, exposure, must_log_in, reach, require_no_login
from dispatch.errors import SettingError

TLS = {"tls_cert": "cert.pem", "tls_key": "key.pem"}
PROXY = {"behind_proxy": "10.0.0.5, 10.1.0.0/16"}
PLAIN = {"plain_http": True}
LOOPBACK = ("127.0.0.1", "127.1.2.3", "::1", "localhost")
PRIVATE = ("192.168.1.2", "10.0.0.7", "172.16.3.4", "fd00::1", "169.254.1.1", "100.64.0.1")
PUBLIC = ("0.0.0.0", "::", "8.8.8.8", "2001:4860:4860::8888", "example.org", "", "127.0.0.1.example.org", "224.0.0.1")
OPEN, LOGIN, WARNED, REFUSED = "open", "login", "login, warned", "refused"
TABLE = {
    # auth, what covers it: loopback, private, public
    ("auto", ""): (OPEN, WARNED, REFUSED),
    ("auto", "tls"): (OPEN, LOGIN, LOGIN),
    ("auto", "proxy"): (LOGIN, LOGIN, LOGIN),
    ("auto", "plain"): (OPEN, WARNED, WARNED),
    ("on", ""): (LOGIN, WARNED, REFUSED),
    ("on", "tls"): (LOGIN, LOGIN, LOGIN),
    ("on", "proxy"): (LOGIN, LOGIN, LOGIN),
    ("on", "plain"): (LOGIN, WARNED, WARNED),
    ("off", ""): (OPEN, REFUSED, REFUSED),
    ("off", "tls"): (OPEN, REFUSED, REFUSED),
    ("off", "proxy"): (REFUSED, REFUSED, REFUSED),
    ("off", "plain"): (OPEN, REFUSED, REFUSED),
}
COVERS = {"": {}, "tls": TLS, "proxy": PROXY, "plain": PLAIN}
CELLS = [
    (auth, cover, host, wanted)
    for (auth, cover), outcomes in TABLE.items()
    for hosts, wanted in zip((LOOPBACK, PRIVATE, PUBLIC), outcomes, strict=True)
    for host in hosts
]


@pytest.mark.parametrize(("auth", "cover", "host", "wanted"), CELLS)
def test_an_address_is_served_openly_or_with_login_or_refused(auth: str, cover: str, host: str, wanted: str) -> None:
    settings = Settings(auth=auth, host=host, **COVERS[cover])  # type: ignore[arg-type]
    try:
        login, warnings = exposure(settings)
    except SettingError as refusal:
        assert wanted == REFUSED, str(refusal)
        assert refusal.name in ("host", "auth") and "\n" not in str(refusal)
        return
    found = OPEN if not login else WARNED if warnings else LOGIN
    assert found == wanted
    assert must_log_in(settings) is login
    assert bool(warnings) is (found != LOGIN)


def test_where_an_address_can_be_reached_from() -> None:
    found = [{reach(host) for host in hosts} for hosts in (LOOPBACK, PRIVATE, PUBLIC)]
    assert found == [{Reach.LOOPBACK}, {Reach.PRIVATE}, {Reach.PUBLIC}]


def test_a_refused_address_is_told_every_way_out() -> None:
    with pytest.raises(SettingError, match=r"--tls-cert and --tls-key.*--behind-proxy.*--plain-http"):
        exposure(Settings(host="0.0.0.0"))
    with pytest.raises(SettingError, match=r"host must be a loopback address .* while auth is off"):
        exposure(Settings(host="192.168.1.2", auth="off"))
    with pytest.raises(SettingError, match="auth must be on behind a proxy"):
        exposure(Settings(auth="off", behind_proxy="127.0.0.1"))


@pytest.mark.parametrize(("given", "missing"), [("tls_cert", "tls_key"), ("tls_key", "tls_cert")])
def test_a_certificate_without_its_key_is_refused(given: str, missing: str) -> None:
    with pytest.raises(SettingError, match=f"{missing} must be set too"):
        exposure(Settings(**{given: "x.pem"}))  # type: ignore[arg-type]


def test_apps_of_the_program_itself_are_served_where_nobody_logs_in() -> None:
    require_no_login(Settings())
    require_no_login(Settings(auth="off"))
    for refused in (
        {"auth": "on"},
        {"behind_proxy": "127.0.0.1"},
        {"host": "0.0.0.0"},
        {"host": "0.0.0.0", "auth": "on"},
    ):
        with pytest.raises(SettingError):
            require_no_login(Settings(**refused))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({}, False),
        ({"admin_host": "10.0.0.7"}, False),
        ({"admin_port": 9067}, False),
        ({"admin_port": 9067, "admin_host": "10.0.0.7"}, True),
        ({"admin_port": 9067, "admin_host": "0.0.0.0"}, True),
    ],
)
def test_an_admin_port_that_others_reach_is_warned_of(given: dict[str, Any], warned: bool) -> None:
    warnings = exposure(Settings(**given)).warnings
    assert any("admin_host" in warning for warning in warnings) == warned
