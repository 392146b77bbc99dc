"""Replay: what is on file about a ride is played again, is seen to be the same, and where it is not, that is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from dispatch import addresses
from dispatch.ids import DriverId, RideId
from dispatch.messages.commands import CancelRide
from dispatch.messages.events import ChargeSettled
from dispatch.principals import OPERATIONS
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.show import rows
from sim.replay.as_test import as_test
from sim.replay.facts import CHARGE_DECLINED, CHARGE_PAID, FactDifference, differences, facts_of
from sim.replay.play import LEAD_S, Performance
from sim.replay.script import script_of
from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre

Story = Callable[[Stage], None]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), standalone_mode=False)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rides of an hour in a small fleet: some wait, some are refused, some find nobody."""
    path = tmp_path_factory.mktemp("town") / "rides.db"
    model = ("--trips", "none", "--drivers", "25", "--rides", "60", "--for", "30m", "--seed", "3")
    assert run("simulate", *model, "--db", str(path), "--json").return_value == 0
    return path


def test_every_ride_of_a_town_goes_again_as_it_went(town: Path) -> None:
    told = {row["ride_id"]: row["status"] for row in rows(town, "rides", limit=100)}
    assert len(told) == 60
    assert set(told.values()) >= {"completed", "no_drivers"}
    for ride_id in told:
        result = run("replay", ride_id, "--db", str(town))
        assert result.return_value == 0, result.output
        assert "Today's code does the same." in result.output


def test_other_rules_make_another_ride_and_that_is_told(town: Path) -> None:
    completed = rows(town, "rides", status="completed", limit=100)[0]["ride_id"]
    result = run("replay", completed, "--db", str(town), "--batch", "1")
    assert result.return_value == 1
    assert "Today's code differs:" in result.output
    assert "was: round 1 asks d1 d2" in result.output
    assert "now: round 1 asks d1\n" in result.output


def test_a_timeline_shows_no_phone(town: Path) -> None:
    completed = rows(town, "rides", status="completed", limit=100)[0]["ride_id"]
    output = run("replay", completed, "--db", str(town)).output
    assert "2782•••00" in output
    assert "278200" not in output


def test_an_unknown_ride_is_one_clear_line(town: Path) -> None:
    result = CliRunner().invoke(main, ["replay", "r999", "--db", str(town)])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "has no ride 'r999'; its newest are r60, r59, r58" in result.output


# -- stories that a town has none of


def gives_up(stage: Stage) -> None:
    stage.drivers["d1"].accepts("r1", at=10)
    stage.drivers["d1"].says("cancel_ride", at=40, ride_id="r1", reason="a flat tyre")
    stage.drivers["d2"].accepts("r1", at=45)
    stage.drivers["d2"].drives("r1", step_s=100, at=100)


def nobody_comes(stage: Stage) -> None:
    stage.drivers["d1"].accepts("r1", at=10)
    stage.drivers["d1"].says("arrived", at=100, ride_id="r1")
    stage.drivers["d1"].says("no_show", at=410, ride_id="r1")


def changes_their_mind(stage: Stage) -> None:
    stage.drivers["d1"].declines("r1", at=8)
    stage.passengers["r1"].cancels(at=20, reason="walks")


def wants_another_price(stage: Stage) -> None:
    stage.passengers["r1"].books(at=15, fare=120.0)
    stage.drivers["d3"].accepts("r1", at=20)
    stage.drivers["d3"].drives("r1", step_s=100, at=100)


def leaves(stage: Stage) -> None:
    stage.passengers["r1"].leaves(at=20)


def vanishes(stage: Stage) -> None:
    stage.drivers["d2"].leaves(at=15)
    stage.drivers["d6"].accepts("r1", at=20)
    stage.drivers["d6"].drives("r1", step_s=100, at=100)


def operations_close_it(stage: Stage) -> None:
    cancel = CancelRide(OPERATIONS, RideId("r1"), "a complaint")
    stage.passengers["r1"].does(lambda: _tell(stage, cancel), at=30)


def _tell(stage: Stage, message: Any) -> None:
    stage.world.runtime.tell("ride/r1", message)


STORIES: list[Story] = [
    gives_up, nobody_comes, changes_their_mind, wants_another_price, leaves, vanishes, operations_close_it
]  # fmt: skip


def played(stage: Stage, story: Story, until: float = 700.0) -> list[tuple[float, Any]]:
    """The history of r1 as a file would have it."""
    history: list[tuple[float, Any]] = []

    def watch(now: float, address: str, message: Any) -> None:
        if address == addresses.JOURNAL:
            history.extend((now, event) for event in message.events if getattr(event, "ride_id", None) == "r1")

    stage.world.runtime.observe(watch)
    stage.fleet(6)
    stage.passenger("r1").books(at=5)
    story(stage)
    stage.run(until=until)
    return history


def replayed(history: list[tuple[float, Any]]) -> tuple[Performance, list[FactDifference]]:
    script = script_of(history, 60.0)
    player = Performance(script)
    now = facts_of(player.play(), LEAD_S, {DriverId(name): name for name in script.names.values()})
    return player, differences(facts_of(history, script.begins_at, script.names), now)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_whatever_people_did_is_done_again(play: Theatre, story: Story) -> None:
    _, found = replayed(played(play(follow_drivers="off"), story))
    assert found == []


CARDS: dict[str, Any] = {"payment": "http", "currency": "BHD", "cancellation_fee": 2.5, "no_show_fee": 1.25}


def drives(stage: Stage) -> None:
    stage.drivers["d1"].accepts("r1", at=10)
    stage.drivers["d1"].drives("r1", step_s=100, at=100)


def cancels_too_late(stage: Stage) -> None:
    stage.drivers["d1"].accepts("r1", at=10)
    stage.passengers["r1"].cancels(at=200, reason="walks")


def by_card(
    play: Theatre, story: Story, options: WorldOptions | None = None, until: float = 700.0
) -> list[tuple[float, Any]]:
    def books_by_card(stage: Stage) -> None:
        stage.passengers["r1"].books(at=6, payment_method="card")
        story(stage)

    return played(play(follow_drivers="off", options=options, **CARDS), books_by_card, until)


@pytest.mark.parametrize("decline_rate", [0.0, 1.0])
@pytest.mark.parametrize(
    ("story", "asked"),
    [(drives, "85.500"), (cancels_too_late, "2.500"), (nobody_comes, "1.250")],
    ids=lambda it: str(it)[:12],
)
def test_a_ride_by_card_is_charged_again_as_it_was(
    play: Theatre, story: Story, asked: str, decline_rate: float
) -> None:
    history = by_card(play, story, WorldOptions(decline_rate=decline_rate))
    player, found = replayed(history)
    assert found == []
    texts = [fact.text for fact in facts_of(player.history, LEAD_S, {})]
    assert texts[-2] == f"the provider is asked to collect {asked} BHD"
    assert texts[-1] == (CHARGE_DECLINED if decline_rate else CHARGE_PAID)
    scope: dict[str, Any] = {}
    exec(compile(as_test("ride-7", player), "written", "exec"), scope)
    scope["test_the_ride_ride_7_goes_as_it_went"](play)


TARIFF: dict[str, Any] = {"pricing": "tariff", "base_fare": 20.0, "waiting_per_minute": 1.0, "free_wait_s": 0.0}


@pytest.mark.parametrize(
    ("settings", "due_minor", "told"),
    [({}, 85_500, "85.500 BHD"), (TARIFF, 21_667, "what is due")],
    ids=["app", "tariff"],
)
def test_the_timeline_of_a_ride_by_card_has_its_charge_whoever_set_the_fare(
    tmp_path: Path, settings: dict[str, Any], due_minor: int, told: str
) -> None:
    path = tmp_path / "card.db"
    stage = Stage(writer=Writer(path), follow_drivers="off", **CARDS, **settings)
    stage.fleet(2)
    stage.passenger("r1").books(at=5, payment_method="card")
    drives(stage)
    stage.run(until=700)
    assert stage.end() == []
    assert [row["amount_minor"] for row in rows(path, "charges")] == [due_minor]
    result = run("replay", "r1", "--db", str(path))
    assert result.return_value == 0, result.output
    assert f"the provider is asked to collect {told}\n" in result.output
    assert result.output.endswith("the provider has collected it\n\nToday's code does the same.\n")


def test_a_charge_that_is_open_on_file_may_be_settled_and_one_that_is_missing_is_told(play: Theatre) -> None:
    history = by_card(play, drives)
    assert isinstance(history[-1][1], ChargeSettled)
    assert replayed(history[:-1])[1] == []
    script = script_of(history, 60.0)
    stored = facts_of(history, script.begins_at, script.names)
    uncharged = [fact for fact in stored if "provider" not in fact.text]
    assert [(it.which, it.fact.text) for it in differences(stored, uncharged)] == [
        ("stored", "the provider is asked to collect 85.500 BHD"),
        ("stored", CHARGE_PAID),
    ]


def test_a_ride_that_was_booked_ahead_and_starts_with_a_pin_is_played_too(play: Theatre) -> None:
    stage = play(follow_drivers="off", schedule_lead_s=60.0)

    def books_ahead(stage: Stage) -> None:
        stage.passengers["r1"].books(at=6, pickup_at="2026-01-01T00:05:00Z", require_pin=True)
        stage.drivers["d1"].accepts("r1", at=250)
        stage.drivers["d1"].says("arrived", at=300, ride_id="r1")
        stage.drivers["d1"].does(lambda: stage.drivers["d1"].says("start_ride", ride_id="r1", pin=pin(stage)), at=320)
        stage.drivers["d1"].says("complete_ride", at=600, ride_id="r1")

    history = played(stage, books_ahead)
    script = script_of(history, 60.0)
    player = Performance(script, schedule_lead_s=60.0)
    now = facts_of(player.play(), LEAD_S, {DriverId(name): name for name in script.names.values()})
    assert differences(facts_of(history, script.begins_at, script.names), now) == []
    assert now[-1].text == "d1 completes"


def test_who_was_asked_for_their_vehicle_drives_it_again(play: Theatre) -> None:
    stage = play(follow_drivers="off")
    stage.driver("v1", north_km=3.0, vehicle_type="van").accepts("r1", at=9)

    def wants_a_van(stage: Stage) -> None:
        stage.passengers["r1"].books(at=6, vehicle_type="van")
        stage.drivers["v1"].drives("r1", step_s=100, at=100)

    player, found = replayed(played(stage, wants_a_van))
    assert found == []
    scope: dict[str, Any] = {}
    exec(compile(as_test("ride-7", player), "written", "exec"), scope)
    scope["test_the_ride_ride_7_goes_as_it_went"](play)


def pin(stage: Stage) -> str:
    return str(stage.passengers["r1"].last("driver_assigned")["start_pin"])


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_test_that_is_written_passes_and_can_fail(play: Theatre, story: Story) -> None:
    player, _ = replayed(played(play(follow_drivers="off"), story))
    source = as_test("ride-7", player)
    scope: dict[str, Any] = {}
    exec(compile(source, "written", "exec"), scope)
    scope["test_the_ride_ride_7_goes_as_it_went"](play)
    exec(compile(source.replace("'searching'", "'found'", 1), "spoilt", "exec"), scope)
    with pytest.raises(AssertionError):
        scope["test_the_ride_ride_7_goes_as_it_went"](play)
