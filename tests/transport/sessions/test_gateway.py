"""The door to sessions: each has a number above all before, and speaks for whom it was made."""

from dispatch import principals
from dispatch.ids import DriverId
from dispatch.principals import OPERATIONS
from tests.transport.rig import AS_SARAH, RIDE, App, Rig


def test_a_later_session_has_a_higher_number_whoever_it_is_for() -> None:
    gateway = Rig().gateway
    sessions = [
        gateway.passenger_session(AS_SARAH, RIDE, App()),
        gateway.driver_session(principals.driver(DriverId("d1")), App()),
        gateway.staff_session(OPERATIONS, App()),
        gateway.passenger_session(AS_SARAH, RIDE, App()),
    ]
    numbers = [session.number for session in sessions]
    assert numbers == sorted(set(numbers))
    assert len({session.address for session in sessions}) == 4


def test_an_app_that_comes_from_a_process_that_started_later_has_a_higher_number_here() -> None:
    later, here = Rig(start_at=100.0), Rig(start_at=50.0)
    before = [later.gateway.passenger_session(AS_SARAH, RIDE, App()) for _ in range(9)][-1]
    here.run(51.0)
    assert here.gateway.passenger_session(AS_SARAH, RIDE, App()).number > before.number


def test_a_session_speaks_for_the_ride_or_driver_that_it_was_made_for_and_the_desk_for_none() -> None:
    gateway = Rig().gateway
    driver = principals.driver(DriverId("d1"))
    assert gateway.passenger_session(AS_SARAH, RIDE, App()).actor == "ride/123"
    assert gateway.driver_session(driver, App()).actor == "driver/d1"
    assert gateway.staff_session(OPERATIONS, App()).actor is None


def test_a_session_keeps_the_principal_that_was_admitted() -> None:
    assert Rig().gateway.passenger_session(AS_SARAH, RIDE, App()).principal is AS_SARAH
