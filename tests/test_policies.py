"""Which policy the settings name: rounds, the one of the extra `policies`, or a plug-in from a file, a module or a package."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from dispatch import policies
from dispatch.config import Settings, load
from dispatch.config.policies import POLICIES
from dispatch.domain.matching.batched import Batched
from dispatch.domain.matching.rules import SearchRules
from dispatch.errors import SettingError
from dispatch.ids import DriverId
from dispatch.policies import policy_factory
from sim.city.demand import poisson
from sim.city.model import City
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.world import World, WorldOptions

FAIR = f"{Path(__file__).parent.parent / 'examples' / 'fair_policy.py'}:Fair"


@pytest.mark.parametrize("name", sorted(set(POLICIES) - {"batched"}))
def test_every_preset_but_batched_is_the_default_policy(name: str) -> None:
    assert policy_factory(Settings(policy=name)) is None


def test_batched_is_a_policy_of_its_own() -> None:
    assert policy_factory(load({"policy": "batched"}, {}).settings) is Batched


def test_without_scipy_batched_names_the_extra_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "dispatch.domain.matching.batched")
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(SettingError, match=r"needs the extra policies: pip install 'dispatch-ridehail\[policies\]'"):
        policy_factory(Settings(policy="batched"))


def test_a_plug_in_is_named_by_file_or_by_module() -> None:
    of_file = policy_factory(Settings(policy=FAIR))
    assert of_file is not None and type(of_file(SearchRules())).__name__ == "Fair"
    assert policy_factory(Settings(policy="dispatch.domain.matching.batched:Batched")) is Batched


def test_a_plug_in_of_a_package_is_named_as_its_entry_point_is(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = EntryPoint("together", "dispatch.domain.matching.batched:Batched", "dispatch.policies")

    def entry_points(**wanted: Any) -> EntryPoints:
        return EntryPoints([offered]).select(**wanted)

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    monkeypatch.setattr(policies, "entry_points", entry_points)
    assert load({"policy": "together"}, {}).settings.policy == "together"
    assert policy_factory(Settings(policy="together")) is Batched


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nowhere.py:Fair", "policy nowhere.py:Fair cannot be loaded: FileNotFoundError"),
        ("no.such.module:Fair", "cannot be loaded: ModuleNotFoundError: No module named 'no'"),
        ("dispatch.words:NoSuch", "cannot be loaded: AttributeError"),
        (
            "dispatch.domain.matching.batched:NEAREST",
            "must be a class or function that makes a policy from SearchRules",
        ),
    ],
)
def test_a_plug_in_that_cannot_be_loaded_is_refused_with_the_reason(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=text):
        policy_factory(Settings(policy=name))


def test_a_server_whose_policy_cannot_be_loaded_makes_no_file(tmp_path: Path) -> None:
    file = tmp_path / "rides.db"
    said = CliRunner().invoke(main, ["serve", "--port", "0", "--db", str(file), "--policy", "nowhere.py:Fair"])
    assert said.exit_code == 2
    assert "policy nowhere.py:Fair cannot be loaded" in said.stderr
    assert not file.exists()


def test_a_day_with_the_policy_of_the_documentation_keeps_every_invariant() -> None:
    world = World(5, Settings(policy=FAIR, explain_candidates=0), WorldOptions(plain=True))
    dice, city = world.runtime.rng, City()
    for number in range(25):
        world.add_driver(DriverId(f"d{number}"), city.sample(dice("fleet")), DriverBehaviour())
    world.report_positions()
    world.expect(poisson(city, dice("demand"), rides=60, for_s=86_400.0), PassengerBehaviour())
    world.settle()
    world.close()
    assert not world.watch.violations
    assert world.watch.ledger.decisions.count > 120
