"""A board that looks at cars reads as one to which their apps report."""

from __future__ import annotations

from random import Random

import pytest

from dispatch.domain.places.geo import TravelModel
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId
from dispatch.runtime import VirtualRuntime
from sim.people.behaviour import DriverBehaviour
from sim.people.cars import CarBoard
from sim.people.driver import DriverPhone
from sim.report.figures import RunFigures

EVERY_S, DELAY_S = 30.0, 0.7
START = 1_767_225_600.0
HERE = (-26.1, 28.05)


class Street:
    """Some cars, a board that looks at them, and one to which their apps report when its time has come."""

    def __init__(self, cars: int = 1) -> None:
        self.clock = VirtualRuntime("street", start_at=START)
        self.seen = CarBoard(self.clock, max_age_s=60.0)
        self.told = PositionBoard(max_age_s=60.0)
        travel, dice = TravelModel(), Random("street")
        self.phones = [
            DriverPhone(DriverId(f"d{number}"), self.clock, dice, DriverBehaviour(), travel, HERE, RunFigures())
            for number in range(cars)
        ]
        self._next = START + DELAY_S
        for board in (self.seen, self.told):
            for phone in self.phones:
                board.report(phone.driver_id, *phone.position(), START)
            board.drain()
        self.seen.watch(self.phones, DELAY_S, EVERY_S)

    def pass_to(self, at: float) -> None:
        """Time passes up to this second of the street."""
        while self._next <= START + at:
            self.clock.run(self._next)
            for phone in self.phones:
                self.told.report(phone.driver_id, *phone.position(), self._next)
            self._next = round(self._next + EVERY_S, 6)
        self.clock.run(round(START + at, 6))


def north(metres: float) -> tuple[float, float]:
    return (HERE[0] + metres / 111_195.0, HERE[1])


def test_it_reads_at_every_second_what_an_app_reported_last() -> None:
    street, dice, places = Street(cars=7), Random(4), set()
    for second in range(1, 900):
        street.pass_to(second * 1.37)
        for phone in street.phones:
            assert street.seen.position(phone.driver_id) == street.told.position(phone.driver_id)
            places.add(street.seen.position(phone.driver_id).lat)  # type: ignore[union-attr]
            if dice.random() < 0.02:
                phone._drive(north(dice.uniform(-2000.0, 2000.0)), None)
    assert len(places) > 100, "they do drive"


def test_a_car_is_given_when_its_app_first_reports_where_it_came_to_rest() -> None:
    street = Street()
    street.phones[0]._drive(north(200.0), None)
    arrives = street.phones[0].leg.arrives_at - START
    assert 30.7 < arrives < 60.7
    street.pass_to(60.6)
    assert street.seen.drain() == {}, "on its way, and arrived without a report"
    street.pass_to(60.8)
    moved = street.seen.drain()
    assert [(fix.lat, fix.lon, fix.at) for fix in moved.values()] == [(*north(200.0), START + 60.7)]
    street.pass_to(600.0)
    assert street.seen.drain() == {}, "once"


def test_a_car_that_has_set_out_again_is_not_given() -> None:
    street = Street()
    street.phones[0]._drive(north(20.0), None)
    street.pass_to(10.0)
    street.phones[0]._drive(north(2000.0), None)
    street.pass_to(31.0)
    assert street.seen.drain() == {}
    assert street.seen.position(DriverId("d0")) == street.told.position(DriverId("d0"))


def test_all_reports_are_counted_as_if_they_had_come() -> None:
    street = Street(cars=3)
    street.pass_to(0.6)
    street.pass_to(1234.5)
    street.seen.count()
    assert street.seen.reports == street.told.reports == 3 + 3 * 42


def test_its_cars_are_fresh_and_strangers_are_as_they_reported() -> None:
    street, stranger = Street(), DriverId("d9")
    street.seen.report(stranger, *HERE, START)
    street.pass_to(3600.0)
    assert street.seen.fresh(DriverId("d0"), street.clock.now)
    assert street.seen.are_fresh([DriverId("d0")], street.clock.now)
    assert not street.seen.fresh(stranger, street.clock.now)
    assert not street.seen.are_fresh([DriverId("d0"), stranger], street.clock.now)
    assert street.seen.position(stranger).at == START  # type: ignore[union-attr]


def test_a_cadence_in_which_positions_get_too_old_is_refused() -> None:
    board = CarBoard(VirtualRuntime("street"), max_age_s=10.0)
    with pytest.raises(ValueError, match="too old after"):
        board.watch([], 1.0, 10.1)
