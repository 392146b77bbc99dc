"""What a server says of itself to whoever may use its control socket."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dispatch.config import Settings
from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.tokens import read_token
from dispatch.live.lookout import Lookout
from dispatch.principals import Role
from dispatch.storage.tools.orders import Overlook

NOW = 1_800_000_000.0
RING = KeyRing((Key("k1", b"0" * 32, NOW),))


def told(admin_port: int | None = None, **settings: Any) -> dict[str, Any]:
    lookout = Lookout(Settings(**settings), 8067, admin_port, lambda: RING, lambda: NOW)
    return asyncio.run(lookout.tell(Overlook()))


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8067"), ("0.0.0.0", "http://127.0.0.1:8067"), ("::", "http://[::1]:8067")],
)
def test_it_is_reached_on_this_machine_wherever_it_listens(host: str, url: str) -> None:
    answer = told(host=host, auth="on")
    assert (answer["url"], answer["metrics_url"]) == (url, f"{url}/metrics")


def test_metrics_are_on_the_admin_port_where_there_is_one() -> None:
    assert told(admin_port=9067)["metrics_url"] == "http://127.0.0.1:9067/metrics"


def test_a_certificate_of_its_own_is_named_by_its_whole_path() -> None:
    answer = told(tls_cert="cert.pem", tls_key="key.pem")
    assert answer["url"].startswith("https://")
    assert Path(answer["certificate"]) == Path("cert.pem").resolve()
    assert told()["certificate"] == ""


def test_where_people_log_in_there_is_a_token_of_staff_that_ends() -> None:
    claims = read_token(told(auth="on", token_ttl_s=600.0)["token"], RING, NOW, 600.0)
    assert claims.principal.role is Role.STAFF
    assert claims.ends_at == NOW + 600
    assert told(auth="off")["token"] == ""
