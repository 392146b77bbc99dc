"""Addresses that a provider can be asked at, and those that are refused before anyone is served."""

from __future__ import annotations

import pytest

from dispatch.errors import SettingError
from dispatch.providers.http import require_url


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/pay", "https://pay.example/v1?x=1", "http://[::1]:9/pay"])
def test_an_address_is_taken(url: str) -> None:
    require_url("payment_url", url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pay.example",
        "ftp://pay.example",
        "http://",
        "http://pay.example:x/",
        "http://pay.example:99999/",
        "http://[::1",
    ],
)
def test_what_is_none_is_refused_with_the_settings_name(url: str) -> None:
    with pytest.raises(SettingError, match=r"payment_url must be an http or https address, such as") as refused:
        require_url("payment_url", url)
    assert refused.value.name == "payment_url"


@pytest.mark.parametrize(
    "url", ["ftp://me:s3cret@pay.example/x", "hooks.example/services/s3cret", "s3cret", "https:s3cret"]
)
def test_an_address_that_is_refused_is_not_shown_because_it_may_hold_a_secret(url: str) -> None:
    with pytest.raises(SettingError) as refused:
        require_url("payment_url", url)
    assert "s3cret" not in str(refused.value)
