"""How a refusal of a ride becomes an answer over HTTP. The routes themselves run in tests/e2e/test_desk_http.py."""

import pytest

from dispatch.errors import IdReused, IllegalTransition, NoSuchRide
from dispatch.messages.matching import DeskAnswered
from dispatch.transport.http.routes.desk import KEY_FORM, refused
from dispatch.words import RefusalCode, RideStatus


@pytest.mark.parametrize("error", [IdReused, IllegalTransition, NoSuchRide])
def test_a_refusal_is_the_error_of_its_code(error: type[IdReused | IllegalTransition | NoSuchRide]) -> None:
    made = refused(DeskAnswered(RideStatus.PENDING, error.code, "no", "note"))
    assert (type(made), made.code, str(made), made.field) == (error, error.code, "no", "note")


def test_a_refusal_without_an_error_of_its_own_keeps_its_code() -> None:
    made = refused(DeskAnswered(RideStatus.PENDING, RefusalCode.TOO_EARLY, "wait"))
    assert (made.code, str(made), made.field) == (RefusalCode.TOO_EARLY, "wait", None)


@pytest.mark.parametrize(("written", "key"), [('"a-1"', "a-1"), ("a-1", "a-1"), ("a b", None), ("", None)])
def test_a_key_may_stand_in_quotes(written: str, key: str | None) -> None:
    form = KEY_FORM.fullmatch(written)
    assert (form[1] if form else None) == key
