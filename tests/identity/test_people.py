"""What a person's file says."""

import pytest

from dispatch.identity.people import Document, Person, RoleOnFile, ended, ending, may_be_offered, principal
from dispatch.ids import PersonId
from dispatch.principals import Role
from dispatch.words import PersonRole, PersonStatus

DAY_S, NOW = 86_400.0, 1_800_000_000.0
DRIVER = RoleOnFile(PersonRole.DRIVER, PersonStatus.ACTIVE)
STAFF = RoleOnFile(PersonRole.STAFF, PersonStatus.INVITED, is_manager=True)
PASSENGER = RoleOnFile(PersonRole.PASSENGER, PersonStatus.ACTIVE)
ANN = Person(PersonId("p1"), "Ann Dube", "27821234570", (PASSENGER, DRIVER, STAFF))


def licence(days: float) -> Document:
    return Document("licence", "L 1", NOW + days * DAY_S)


def test_a_login_that_names_no_role_gets_the_highest() -> None:
    assert ANN.as_(None) == STAFF and ANN.as_(PersonRole.DRIVER) == DRIVER
    assert Person(PersonId("p2"), "", "", (PASSENGER,)).as_(PersonRole.DRIVER) is None
    assert Person(PersonId("p3"), "", "").as_(None) is None


def test_a_principal_has_one_role_and_only_a_manager_is_one() -> None:
    assert principal(ANN.person_id, DRIVER).role is Role.DRIVER and not principal(ANN.person_id, DRIVER).is_manager
    assert principal(ANN.person_id, STAFF).is_manager


@pytest.mark.parametrize(
    ("days", "is_ended", "is_ending"),
    [(-1, True, False), (0, True, False), (1, False, True), (14, False, True), (14.1, False, False)],
)
def test_a_document_ends_at_its_second_and_is_ending_for_two_weeks_before(
    days: float, is_ended: bool, is_ending: bool
) -> None:
    assert bool(ended([licence(days)], NOW)) is is_ended
    assert bool(ending([licence(days)], NOW)) is is_ending


def test_a_suspended_driver_or_one_with_an_ended_document_is_offered_nothing() -> None:
    assert may_be_offered(DRIVER, [licence(1)], NOW)
    assert not may_be_offered(DRIVER, [licence(1), licence(-1)], NOW)
    assert not may_be_offered(RoleOnFile(PersonRole.DRIVER, PersonStatus.SUSPENDED), [], NOW)
    assert may_be_offered(None, [], NOW), "a driver who is not on file is an affair of auth = off"
