"""The Idempotency-Key of a request: whose command it names, and when two requests are the same one."""

from __future__ import annotations

import msgspec
import pytest
from starlette.requests import Request

from dispatch.errors import BadField
from dispatch.messages.base import Command
from dispatch.principals import Principal, Role
from dispatch.transport.http.once import command_of, id_of, key_of


class Asked(msgspec.Struct):
    """What a request asks for."""

    reason: str = ""


MAX, MIA = Principal(Role.STAFF, "p-max"), Principal(Role.STAFF, "p-mia")


def request(key: str | None, method: str = "POST", path: str = "/api/rides/r1/reassign") -> Request:
    headers = [(b"idempotency-key", key.encode())] if key is not None else []
    return Request({"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""})


def made(key: str, who: Principal = MAX, asked: Asked = Asked(), **more: str) -> Command:  # noqa: B008
    command = command_of(request(key, **more), who, asked)
    assert command is not None
    return command


def test_without_a_key_a_request_is_no_command() -> None:
    assert command_of(request(None), MAX, Asked()) is None


def test_the_same_request_is_the_same_command_with_or_without_quotes() -> None:
    assert made("k1") == made('"k1"') == made(" k1 ")


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é"])
def test_what_is_no_key_is_a_bad_field(key: str) -> None:
    with pytest.raises(BadField) as refused:
        key_of(request(key))
    assert refused.value.field == "Idempotency-Key"


def test_another_body_method_or_path_is_another_request_under_the_same_name() -> None:
    first = made("k1")
    for other in (
        made("k1", asked=Asked("late")),
        made("k1", method="PATCH"),
        made("k1", path="/api/rides/r1/cancel"),
    ):
        assert other.name == first.name and other.fingerprint != first.fingerprint


def test_keys_of_two_people_are_two_commands_and_say_whose_they_are() -> None:
    assert made("k1", MAX).staff_id == "p-max" and made("k1", MAX).name != made("k1", MIA).name
    driver, passenger = Principal(Role.DRIVER, "d1"), Principal(Role.PASSENGER, "p1")
    assert (made("k1", driver).driver_id, made("k1", driver).staff_id) == ("d1", "")
    assert (made("k1", passenger).driver_id, made("k1", passenger).staff_id) == (None, "")


def test_nobody_reads_the_key_in_what_is_kept_of_it() -> None:
    assert "27820000001" not in id_of("call-27820000001", MAX)
