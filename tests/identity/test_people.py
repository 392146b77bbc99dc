"""What a person's file says."""

from dispatch.identity.people import Person, RoleOnFile, principal
from dispatch.ids import PersonId
from dispatch.principals import Role
from dispatch.words import PersonRole, PersonStatus

DRIVER = RoleOnFile(PersonRole.DRIVER, PersonStatus.ACTIVE)
STAFF = RoleOnFile(PersonRole.STAFF, PersonStatus.INVITED, is_manager=True)
PASSENGER = RoleOnFile(PersonRole.PASSENGER, PersonStatus.ACTIVE)
ANN = Person(PersonId("p1"), "Ann Dube", "27821234570", (PASSENGER, DRIVER, STAFF))


def test_a_login_that_names_no_role_gets_the_highest() -> None:
    assert ANN.as_(None) == STAFF and ANN.as_(PersonRole.DRIVER) == DRIVER
    assert Person(PersonId("p2"), "", "", (PASSENGER,)).as_(PersonRole.DRIVER) is None
    assert Person(PersonId("p3"), "", "").as_(None) is None


def test_a_principal_has_one_role_and_only_a_manager_is_one() -> None:
    assert principal(ANN.person_id, DRIVER).role is Role.DRIVER and not principal(ANN.person_id, DRIVER).is_manager
    assert principal(ANN.person_id, STAFF).is_manager
