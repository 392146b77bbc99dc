"""Orders about people: `dispatch people …`, and the same by HTTP. Each is done in the journal's thread, or not at all."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from dispatch.config import PricingRules
from dispatch.errors import BadField
from dispatch.files import regular
from dispatch.identity import roster
from dispatch.identity.people import NeedsManager, NewPerson, NoSuchPerson, Person, RoleOnFile
from dispatch.messages.base import Command
from dispatch.storage.failures import explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import logins, people, requests
from dispatch.storage.tables.region import settled_region
from dispatch.text import excerpt, word
from dispatch.timestamps import LocalTime
from dispatch.values import Document
from dispatch.words import PersonRole, PersonStatus

LONGEST_LIST: Final = 1_000_000
_Text = Annotated[str, msgspec.Meta(max_length=200)]
Who = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class PeopleOrder(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """`phone_region`: of numbers that name no country, where the file keeps none. `by`: the id of the member of staff who gave the
    order; empty: the command line. `by_manager`: what concerns staff may be done as well. `command`: under it the order is done once,
    however often it is given.
    """

    phone_region: str = ""
    by: str = ""
    by_manager: bool = True
    command: Command | None = None


class AddPerson(PeopleOrder, frozen=True, kw_only=True, tag="add_person"):
    """Put a person on file in one role. Answer: the `person`, and whether that is `news`."""

    role: PersonRole
    phone: _Text
    name: _Text
    is_manager: bool = False
    vehicle_type: _Text = ""
    registration: _Text = ""


class ImportPeople(PeopleOrder, frozen=True, kw_only=True, tag="import_people"):
    """Put all people of a list on file. Answer: how many are `added`, `changed` and the `same`, the `mistakes` that were
    skipped, and the ids that were `touched`.

    `text`: CSV as `identity.roster` reads it. `time_zone`: in which the days of documents end.
    """

    role: PersonRole
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_LIST)]
    skip_bad: bool = False
    time_zone: str = PricingRules.time_zone


class SetStatus(PeopleOrder, frozen=True, kw_only=True, tag="set_status"):
    """Whether a person may act: in one role, or in all that they have. Answer: the `person`, whether that is `news`, and the login
    `sessions` that ended by it.
    """

    who: Who
    status: PersonStatus
    role: PersonRole | None = None
    reason: str = ""


class ChangePerson(PeopleOrder, frozen=True, kw_only=True, tag="change_person"):
    """Another name for a person, or another vehicle for a driver. Answer: the `person`, and whether that is `news`."""

    who: Who
    name: _Text | None = None
    vehicle_type: _Text | None = None
    registration: _Text | None = None


class MovePhone(PeopleOrder, frozen=True, kw_only=True, tag="move_phone"):
    """Another phone for a person, who keeps everything else. Answer: the `person`, and whether that is `news`."""

    who: Who
    phone: _Text


class KeepDocument(PeopleOrder, frozen=True, kw_only=True, tag="keep_document"):
    """Put a driver's document on file. `expires`: its last day, `2027-03-31`. Answer: the `person`, and whether that is `news`."""

    who: Who
    kind: _Text
    expires: _Text
    number: _Text = ""
    time_zone: str = PricingRules.time_zone


AnyPeopleOrder = AddPerson | ImportPeople | ChangePerson | SetStatus | MovePhone | KeepDocument
Answer = dict[str, Any]


def once(
    does: Callable[[Writer, Any, float], Answer],
) -> Callable[[Writer, Any, float], Answer]:
    """The same, in one commit; and, under a command that was done before, what was answered then, with no more of the person than the
    id. Raises IdReused as well.
    """

    def done(writer: Writer, order: PeopleOrder, now: float) -> Answer:
        command = order.command
        before = requests.answered(writer, command) if command is not None else None
        if before is not None:
            return before
        with writer.one_commit():
            answer = does(writer, order, now)
            if command is not None:
                requests.keep(writer, command, answer, now)
        return answer

    return done


def add_person(writer: Writer, order: AddPerson, now: float) -> Answer:
    """Raises BadField for a phone or name that is none."""
    new = NewPerson(
        role=order.role,
        phone=_phone("phone", order.phone, _region(writer, order)),
        name=_name(order.name),
        is_manager=order.is_manager,
        vehicle_type=order.vehicle_type.strip(),
        registration=order.registration.strip(),
    )
    if new.is_manager and new.role != PersonRole.STAFF:
        raise BadField("is_manager", f"is_manager is for staff, not for a {new.role}")
    _require_manager(writer, order, [new])
    person, is_news = people.add(writer, new, now, order.by)
    return {"person": told(person), "news": is_news}


def import_people(writer: Writer, order: ImportPeople, now: float) -> Answer:
    """Raises BadField: BadList where rows have mistakes that are not to be skipped."""
    zone = LocalTime(order.time_zone)
    found = roster.read(order.text, order.role, _region(writer, order), zone.end_of)
    if found.mistakes and not order.skip_bad:
        raise roster.BadList(found.mistakes)
    with explained(writer.path):
        known = {new.phone for new in found.people if people.id_of_phone(writer.db, new.phone) is not None}
    _require_manager(writer, order, found.people)
    done = people.add_all(writer, found.people, now, order.by)
    news = [new for new, (_, is_news) in zip(found.people, done, strict=True) if is_news]
    changed = sum(new.phone in known for new in news)
    return {
        "added": len(news) - changed,
        "changed": changed,
        "same": len(done) - len(news),
        "mistakes": list(map(str, found.mistakes)),
        "touched": [person_id for person_id, is_news in done if is_news],
    }


def change_person(writer: Writer, order: ChangePerson, now: float) -> Answer:
    """Raises NoSuchPerson, BadField for a name that is none."""
    person = _require(writer, order)
    is_news = people.change(
        writer,
        person.person_id,
        now,
        order.by,
        name=_name(order.name) if order.name is not None else None,
        vehicle_type=order.vehicle_type.strip() if order.vehicle_type is not None else None,
        registration=order.registration.strip() if order.registration is not None else None,
    )
    return {"person": told(people.require(writer.db, person.person_id)), "news": is_news}


def set_status(writer: Writer, order: SetStatus, now: float) -> Answer:
    """Who is suspended in a role is logged out. Raises NoSuchPerson."""
    person = _require(writer, order)
    roles = [order.role] if order.role is not None else [own.role for own in person.roles]
    if not roles:
        raise NoSuchPerson("this person has no role that could be suspended")
    news = [
        people.set_status(writer, person.person_id, role, order.status, now, order.by, order.reason) for role in roles
    ]
    ended: tuple[str, ...] = ()
    if order.status == PersonStatus.SUSPENDED:
        ended = logins.revoke(writer, now, person_id=person.person_id)
    return {
        "person": told(people.require(writer.db, person.person_id)),
        "news": any(news),
        "sessions": list(ended),
    }


def move_phone(writer: Writer, order: MovePhone, now: float) -> Answer:
    """Raises NoSuchPerson, PhoneTaken, BadField for a phone that is none."""
    person = _require(writer, order)
    phone = _phone("phone", order.phone, _region(writer, order))
    is_news = people.move_phone(writer, person.person_id, phone, now, order.by)
    return {"person": told(people.require(writer.db, person.person_id)), "news": is_news}


def keep_document(writer: Writer, order: KeepDocument, now: float) -> Answer:
    """Raises NoSuchPerson, BadField for a day that is none."""
    kind = word(order.kind).replace(" ", "_")
    if not roster.KIND.fullmatch(kind):
        raise BadField("kind", f"kind must be a word such as licence, got {excerpt(order.kind)}")
    person = _require(writer, order)
    try:
        ends = LocalTime(order.time_zone).end_of(order.expires)
    except (ValueError, OverflowError):
        raise BadField("expires", f"expires must be a day such as 2027-03-31, got {excerpt(order.expires)}") from None
    document = Document(kind, order.number, ends)
    is_news = people.keep_document(writer, person.person_id, document, now, order.by)
    return {"person": told(people.require(writer.db, person.person_id)), "news": is_news}


def list_of(data: bytes) -> str:
    """The text of a list. Raises BadField for what is no text, or too long."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadField("csv", "the list is not UTF-8 text; save it as `CSV UTF-8`") from None
    if len(text) > LONGEST_LIST:
        raise BadField("csv", f"a list has at most {LONGEST_LIST:,} characters")
    return text


def read_list(path: str | Path) -> str:
    """The text of a list in a file. Raises BadField for what cannot be read, is no text, or too long."""
    try:
        return list_of(regular(path).read_bytes())
    except OSError as error:
        raise BadField("csv", f"cannot read {path}: {error.strerror}") from None


def told(person: Person) -> dict[str, Any]:
    """A person as JSON."""
    return {
        "id": person.person_id,
        "name": person.name,
        "phone": person.phone,
        "roles": [_role_told(role) for role in person.roles],
        "documents": [msgspec.structs.asdict(document) for document in person.documents],
    }


def _role_told(own: RoleOnFile) -> dict[str, Any]:
    manager = {"manager": True} if own.is_manager else {}
    return {"role": own.role, "status": own.status, **manager}


def _require(writer: Writer, order: ChangePerson | SetStatus | MovePhone | KeepDocument) -> Person:
    """Whom the order names: by a phone in any written form, or by id. Raises NoSuchPerson, NeedsManager."""
    region = _region(writer, order)
    with explained(writer.path):
        person = people.require(writer.db, people.named(writer.db, order.who, region))
    if not order.by_manager and person.as_(PersonRole.STAFF) is not None:
        raise NeedsManager
    return person


def _require_manager(writer: Writer, order: PeopleOrder, added: Iterable[NewPerson]) -> None:
    """Raises NeedsManager where these people are staff, or are to be, and no manager orders it."""
    if order.by_manager:
        return
    with explained(writer.path):
        for new in added:
            known = people.find(writer.db, new.phone)
            if new.role == PersonRole.STAFF or (known is not None and known.as_(PersonRole.STAFF) is not None):
                raise NeedsManager


def _region(writer: Writer, order: PeopleOrder) -> str:
    return settled_region(writer.db, writer.path, order.phone_region)


def _phone(field: str, text: str, region: str) -> str:
    try:
        return roster.phone_of(text.strip(), region)
    except ValueError as error:
        raise BadField(field, f"{field}: {error}") from None


def _name(text: str) -> str:
    try:
        return roster.name_of(text)
    except ValueError as error:
        raise BadField("name", f"name: {error}") from None
