"""With which settings a sandbox is served, and what it refuses."""

import pytest

from dispatch.config import load, must_log_in
from dispatch.errors import SettingError
from dispatch.prices import require_rates
from sim.sandbox.terms import sandbox_settings


def test_a_sandbox_has_a_town_a_tariff_and_logins() -> None:
    settings = sandbox_settings(load({}, {}))
    assert must_log_in(settings)
    require_rates(settings)
    assert (settings.town_name, settings.currency, settings.time_zone) == ("Helsinki", "EUR", "Europe/Helsinki")
    assert settings.db == "sandbox.db", "never the file of people by mistake"


def test_what_somebody_set_stays() -> None:
    settings = sandbox_settings(load({"db": "mine.db", "per_km": "3", "currency": "ZAR"}, {}))
    assert (settings.db, settings.per_km, settings.currency, settings.base_fare) == ("mine.db", 3.0, "ZAR", 4.5)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"host": "0.0.0.0"}, "must be a loopback address"),
        ({"host": "10.0.0.5"}, "must be a loopback address"),
        ({"host": "example.org"}, "must be a loopback address"),
        ({"behind_proxy": "10.0.0.5"}, "does not go with a sandbox"),
        ({"auth": "off"}, "must be on in a sandbox"),
    ],
)
def test_a_sandbox_that_others_could_reach_or_without_logins_is_refused(flags: dict[str, str], words: str) -> None:
    with pytest.raises(SettingError) as refused:
        sandbox_settings(load(flags, {}))
    assert words in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.9"])
def test_every_loopback_address_will_do(host: str) -> None:
    assert sandbox_settings(load({"host": host}, {})).host == host
