"""What a person's file says: who may log in as what, and whether a driver may be offered rides. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from dispatch.errors import FrameError
from dispatch.ids import PersonId
from dispatch.principals import Principal, Role
from dispatch.words import PersonRole, PersonStatus, RefusalCode

WARN_BEFORE_S: Final = 14 * 86_400.0
"""A driver is warned so long before a document ends."""
HIGHEST_FIRST: Final = (PersonRole.STAFF, PersonRole.DRIVER, PersonRole.PASSENGER)
"""The role of a login that names none is the first of these that the person has."""
_ROLES: Final = {
    PersonRole.PASSENGER: Role.PASSENGER,
    PersonRole.DRIVER: Role.DRIVER,
    PersonRole.STAFF: Role.STAFF,
}


class NoSuchPerson(FrameError, code=RefusalCode.NO_SUCH_PERSON, says="there is no such person"):
    """Nobody on file has this id or phone."""


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


class Document(msgspec.Struct, frozen=True):
    """A driver's document. `expires_at`: Unix seconds."""

    kind: str
    number: str
    expires_at: float


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


def ended(documents: Iterable[Document], now: float) -> list[Document]:
    """Documents that do not hold any more at `now` (Unix seconds): with one of them a driver is offered nothing."""
    return [document for document in documents if document.expires_at <= now]


def ending(documents: Iterable[Document], now: float) -> list[Document]:
    """Documents that end within two weeks, the first to end first."""
    soon = (document for document in documents if now < document.expires_at <= now + WARN_BEFORE_S)
    return sorted(soon, key=lambda document: document.expires_at)


def may_be_offered(role: RoleOnFile | None, documents: Iterable[Document], now: float) -> bool:
    """Whether a driver whose file says this may be offered rides. Who is not on file as a driver is not held back by it."""
    return role is None or (role.status != PersonStatus.SUSPENDED and not ended(documents, now))
