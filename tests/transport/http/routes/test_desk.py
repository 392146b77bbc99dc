"""How a request of the desk is read. The routes themselves run in tests/e2e/test_desk_http.py."""

import pytest

from dispatch.transport.http.routes.desk import KEY_FORM


@pytest.mark.parametrize(("written", "key"), [('"a-1"', "a-1"), ("a-1", "a-1"), ("a b", None), ("", None)])
def test_a_key_may_stand_in_quotes(written: str, key: str | None) -> None:
    form = KEY_FORM.fullmatch(written)
    assert (form[1] if form else None) == key
