"""What the operator's people ask and read about people over HTTP, as JSON. What there is none of is left out."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from dispatch.transport.wire.fields import PersonName, PhoneNumber, Remark, Switch
from dispatch.transport.wire.own import DocumentShown

RoleName = Literal["passenger", "driver", "staff"]
ShortText = Annotated[str, Meta(max_length=100, description="text of at most 100 characters")]
DayText = Annotated[str, Meta(max_length=20, description="a day such as 2027-03-31")]
ListText = Annotated[str, Meta(min_length=1, description="CSV of at most 1000000 characters")]


class AddPersonRequest(Struct, frozen=True, kw_only=True):
    """Put a person on file in this role. `vehicle_type` and `registration` are a driver's, `manager` is for staff."""

    role: RoleName
    phone: PhoneNumber
    name: PersonName
    manager: Switch = False
    vehicle_type: ShortText = ""
    registration: ShortText = ""


class ImportPeopleRequest(Struct, frozen=True, kw_only=True):
    """Put all people of a list on file. `csv`: as `dispatch people import` reads it. `skip_bad`: take the rows without mistakes."""

    role: RoleName
    csv: ListText
    skip_bad: Switch = False


class ChangePersonRequest(Struct, frozen=True, kw_only=True):
    """Another name, or another vehicle of a driver. What is missing stays as it is."""

    name: PersonName | None = None
    vehicle_type: ShortText | None = None
    registration: ShortText | None = None


class StatusRequest(Struct, frozen=True, kw_only=True):
    """In which role; without one in all that the person has. The audit keeps the reason."""

    role: RoleName | None = None
    reason: Remark | None = None


class MovePhoneRequest(Struct, frozen=True, kw_only=True):
    """Another phone."""

    phone: PhoneNumber


class DocumentRequest(Struct, frozen=True, kw_only=True):
    """A driver's document. `expires`: its last day."""

    kind: ShortText
    expires: DayText
    number: ShortText = ""


class RoleShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a person may act in one role: `invited` (never logged in), `active` or `suspended`."""

    role: str
    status: str
    manager: bool = False


class PersonShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person on file. `held_back`: why a driver is offered no rides: `suspended` or `document_ended`."""

    id: str
    name: str
    phone: str
    roles: tuple[RoleShown, ...]
    documents: tuple[DocumentShown, ...] = ()
    vehicle_type: str | None = None
    registration: str | None = None
    rating: float | None = None
    held_back: str | None = None


class PeoplePage(Struct, frozen=True, kw_only=True):
    """People by name, and the cursor of the next page where there are more."""

    people: tuple[PersonShown, ...]
    next: str | None = None


class Imported(Struct, frozen=True, kw_only=True):
    """What came of a list. `mistakes`: rows that were skipped."""

    added: int
    changed: int
    same: int
    mistakes: tuple[str, ...]
