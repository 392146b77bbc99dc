"""Ways to ask drivers that have a name."""

import pytest

from dispatch.config import SETTINGS, load
from dispatch.config.policies import POLICIES
from dispatch.errors import SettingError


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_sets_what_it_says_and_says_that_it_did(name: str) -> None:
    resolved, rows = load({"policy": name}, {}), {row.name: row for row in SETTINGS}
    for row in SETTINGS:
        if row.name in POLICIES[name]:
            assert resolved.value_of(row) == rows[row.name].read(POLICIES[name][row.name], "test")
            assert resolved.origins[row.name] == f"policy {name}"
        elif row.name != "policy":
            assert resolved.value_of(row) == row.default
    assert set(POLICIES[name]) <= set(rows)


def test_each_policy_but_the_first_differs_from_the_defaults() -> None:
    defaults = {row.name: row.default for row in SETTINGS}
    for name, parts in POLICIES.items():
        rows = {row.name: row for row in SETTINGS}
        changed = [part for part, value in parts.items() if rows[part].read(value, "test") != defaults[part]]
        assert changed == list(parts), name


def test_whatever_is_given_beside_a_policy_beats_it_wherever_it_stands() -> None:
    resolved = load({"policy": "exclusive"}, {"DISPATCH_BATCH": "3"})
    assert (resolved.settings.batch, resolved.settings.offer_timeout_s) == (3, 15.0)
    assert (resolved.origins["batch"], resolved.origins["rounds"]) == ("env DISPATCH_BATCH", "policy exclusive")


def test_a_policy_may_be_named_in_the_environment_too() -> None:
    assert load({}, {"DISPATCH_POLICY": "expanding"}).settings.radius_from_m == 2_000.0


def test_a_policy_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        SettingError, match="policy must be seed, exclusive, best_of_window, expanding, staggered or batched"
    ):
        load({"policy": "fair"}, {})
