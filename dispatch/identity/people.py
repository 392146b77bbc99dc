"""What a person's file says: who they are, and who may log in as what. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from dispatch.errors import FrameError
from dispatch.ids import PersonId
from dispatch.principals import Principal, Role
from dispatch.values import Document
from dispatch.words import PersonRole, PersonStatus, RefusalCode

HIGHEST_FIRST: Final = (PersonRole.STAFF, PersonRole.DRIVER, PersonRole.PASSENGER)
"""The role of a login that names none is the first of these that the person has."""
_ROLES: Final = {
    PersonRole.PASSENGER: Role.PASSENGER,
    PersonRole.DRIVER: Role.DRIVER,
    PersonRole.STAFF: Role.STAFF,
}


class NoSuchPerson(FrameError, code=RefusalCode.NO_SUCH_PERSON, says="there is no such person"):
    """Nobody on file has this id or phone."""


class NeedsManager(FrameError, code=RefusalCode.FORBIDDEN, says="what concerns staff is for managers alone"):
    """A dispatcher cannot put staff on file, nor change the file of somebody who is staff."""


class PhoneTaken(FrameError, code=RefusalCode.PHONE_TAKEN):
    """A phone belongs to one person at most."""

    field = "phone"


class RideIsOpen(FrameError, code=RefusalCode.RIDE_OPEN):
    """A person cannot be removed: they are needed until a ride is over, and paid."""


class StillConnected(FrameError, code=RefusalCode.ILLEGAL_NOW):
    """A person cannot be removed while an app speaks for them: what it says next would be on file under the old id."""


class RoleOnFile(msgspec.Struct, frozen=True):
    """Whether a person may act in one role."""

    role: PersonRole
    status: PersonStatus
    is_manager: bool = False


class Person(msgspec.Struct, frozen=True):
    """A person as they are on file. `phone` is empty for a person who has none."""

    person_id: PersonId
    name: str
    phone: str
    roles: tuple[RoleOnFile, ...] = ()
    documents: tuple[Document, ...] = ()

    def as_(self, role: PersonRole | None) -> RoleOnFile | None:
        """The person in this role; None: in the highest that they have. None comes back for a role that they do not have."""
        own: Mapping[PersonRole, RoleOnFile] = {each.role: each for each in self.roles}
        wanted = HIGHEST_FIRST if role is None else (role,)
        return next((own[each] for each in wanted if each in own), None)


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person to be on file in one role. `phone` in its canonical form. `vehicle_type` and `registration` are a driver's."""

    role: PersonRole
    name: str
    phone: str
    status: PersonStatus = PersonStatus.INVITED
    is_manager: bool = False
    vehicle_type: str = ""
    registration: str = ""
    documents: tuple[Document, ...] = ()


def principal(person_id: PersonId, role: RoleOnFile) -> Principal:
    """The person in this role, as commands name them."""
    return Principal(_ROLES[role.role], person_id, role.is_manager)
