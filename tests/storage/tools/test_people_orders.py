"""Orders about people, as they are done to a file."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from dispatch.errors import BadField
from dispatch.identity.people import NoSuchPerson, PhoneTaken
from dispatch.identity.roster import BadList
from dispatch.ids import PersonId
from dispatch.messages.base import Command
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import logins, people
from dispatch.storage.tools.orders import decode, encode, perform
from dispatch.storage.tools.people_orders import (
    AddPerson,
    ImportPeople,
    KeepDocument,
    MovePhone,
    SetStatus,
    list_of,
    read_list,
)
from dispatch.words import PersonRole, PersonStatus

NOW = 1_800_000_000.0
THABO = AddPerson(role=PersonRole.DRIVER, phone="082 123 4570", name="Thabo Zulu", phone_region="ZA")
LIST = "phone,name\n0821234570,Thabo\n0821234571,Ann\n"


def imported(text: str = LIST, **more: bool) -> ImportPeople:
    return ImportPeople(role=PersonRole.DRIVER, text=text, phone_region="ZA", **more)


def test_each_order_is_a_line_of_the_control_socket() -> None:
    for order in (
        THABO,
        imported(),
        SetStatus(who="1", status=PersonStatus.ACTIVE, by="staff"),
        MovePhone(who="1", phone="2"),
        KeepDocument(who="1", kind="licence", expires="2027-03-31"),
    ):
        assert decode(encode(order)) == order


def test_who_is_added_is_found_by_every_form_of_the_phone(writer: Writer) -> None:
    added = perform(writer, THABO, NOW)
    assert added["news"] and added["person"]["phone"] == "27821234570"
    assert added["person"]["roles"] == [{"role": "driver", "status": "invited"}]
    assert not perform(writer, THABO, NOW)["news"]
    for who in ("+27 82 123 4570", "0821234570", added["person"]["id"]):
        told = perform(writer, SetStatus(who=who, status=PersonStatus.ACTIVE), NOW)
        assert told["person"]["id"] == added["person"]["id"]


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (AddPerson(role=PersonRole.DRIVER, phone="12", name="Ann"), "phone"),
        (AddPerson(role=PersonRole.DRIVER, phone="+27821234570", name=" "), "name"),
        (AddPerson(role=PersonRole.DRIVER, phone="+27821234570", name="Ann", is_manager=True), "is_manager"),
    ],
)
def test_who_cannot_be_added_hears_which_field_is_wrong(writer: Writer, order: AddPerson, field: str) -> None:
    with pytest.raises(BadField) as error:
        perform(writer, order, NOW)
    assert error.value.field == field and field in str(error.value)


def test_a_list_is_taken_whole_and_again_changes_only_what_differs(writer: Writer) -> None:
    first = perform(writer, imported(), NOW)
    touched = first.pop("touched")
    assert first == {"added": 2, "changed": 0, "same": 0, "mistakes": []}
    assert touched == [people.id_of_phone(writer.db, phone) for phone in ("27821234570", "27821234571")]
    before = writer.db.execute("SELECT count(*) FROM events").fetchone()
    assert perform(writer, imported(), NOW) == {"added": 0, "changed": 0, "same": 2, "mistakes": [], "touched": []}
    assert writer.db.execute("SELECT count(*) FROM events").fetchone() == before
    again = perform(writer, imported(LIST.replace("Ann", "Anna") + "0821234572,Jo\n"), NOW)
    assert len(again.pop("touched")) == 2
    assert again == {"added": 1, "changed": 1, "same": 1, "mistakes": []}


def test_of_a_list_with_a_mistake_nothing_is_taken_unless_mistakes_are_skipped(writer: Writer) -> None:
    bad = LIST + "12,Jo\n"
    with pytest.raises(BadList, match="row 4, column phone"):
        perform(writer, imported(bad), NOW)
    assert not list(people.everybody(writer.db))
    skipped = perform(writer, imported(bad, skip_bad=True), NOW)
    assert len(skipped.pop("touched")) == 2
    assert skipped == {
        "added": 2,
        "changed": 0,
        "same": 0,
        "mistakes": ['row 4, column phone: "12" is no phone number'],
    }


def test_who_is_suspended_is_logged_out_in_every_role(writer: Writer) -> None:
    person_id = perform(writer, THABO, NOW)["person"]["id"]
    perform(writer, AddPerson(role=PersonRole.STAFF, phone="0821234570", name="Thabo Zulu"), NOW)
    writer.db.execute(
        "INSERT INTO login_sessions (session_id, person_id, role, key_id, generation, made_at, rotated_at, ends_at)"
        " VALUES ('s1', ?, 'driver', 'k', 0, ?1, ?1, ?)".replace("?1", str(NOW)),
        (person_id, NOW + 1e6),
    )
    told = perform(writer, SetStatus(who=person_id, status=PersonStatus.SUSPENDED), NOW)
    assert told["news"] and told["sessions"] == ["s1"]
    assert {own["status"] for own in told["person"]["roles"]} == {"suspended"}
    again = perform(writer, SetStatus(who=person_id, status=PersonStatus.SUSPENDED), NOW)
    assert not again["news"] and again["sessions"] == []


def test_one_role_can_be_suspended_alone(writer: Writer) -> None:
    perform(writer, THABO, NOW)
    perform(writer, AddPerson(role=PersonRole.STAFF, phone="0821234570", name="Thabo Zulu"), NOW)
    order = SetStatus(who="0821234570", status=PersonStatus.SUSPENDED, role=PersonRole.DRIVER)
    statuses = {own["role"]: own["status"] for own in perform(writer, order, NOW)["person"]["roles"]}
    assert statuses == {"driver": "suspended", "staff": "invited"}


def test_a_phone_moves_to_who_has_none_of_it(writer: Writer) -> None:
    perform(writer, imported(), NOW)
    with pytest.raises(PhoneTaken, match="2782•••4571"):
        perform(writer, MovePhone(who="0821234570", phone="0821234571"), NOW)
    moved = perform(writer, MovePhone(who="0821234570", phone="+27 82 123 4579"), NOW)
    assert moved["news"] and moved["person"]["name"] == "Thabo"
    with pytest.raises(NoSuchPerson):
        perform(writer, MovePhone(who="0821234570", phone="0821234578"), NOW)


def test_a_document_holds_to_the_end_of_its_day(writer: Writer, path: Path) -> None:
    perform(writer, THABO, NOW)
    order = KeepDocument(
        who="0821234570", kind="Permit", number="P 1", expires="2027-03-31", time_zone="Africa/Johannesburg"
    )
    told = perform(writer, order, NOW)
    assert told["person"]["documents"] == [{"kind": "permit", "number": "P 1", "expires_at": 1_806_530_400.0}]
    assert not perform(writer, order, NOW)["news"]
    assert list(findings(path)) == []


@pytest.mark.parametrize(("kind", "expires", "field"), [("permit", "soon", "expires"), ("?", "2027-03-31", "kind")])
def test_a_document_without_a_day_or_a_kind_is_refused(writer: Writer, kind: str, expires: str, field: str) -> None:
    perform(writer, THABO, NOW)
    with pytest.raises(BadField) as error:
        perform(writer, KeepDocument(who="0821234570", kind=kind, expires=expires), NOW)
    assert error.value.field == field


def test_only_drivers_have_documents(writer: Writer) -> None:
    perform(writer, AddPerson(role=PersonRole.STAFF, phone="+27821234570", name="Ann"), NOW)
    with pytest.raises(NoSuchPerson, match="no driver"):
        perform(writer, KeepDocument(who="+27821234570", kind="permit", expires="2027-03-31"), NOW)


def test_bytes_of_a_list_are_text_or_refused() -> None:
    assert list_of("\ufeffphone,näme".encode()) == "phone,näme"
    with pytest.raises(BadField, match="UTF-8"):
        list_of("näme".encode("cp1252"))
    with pytest.raises(BadField, match="at most"):
        list_of(b"x" * 1_000_001)


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    assert read_list(tmp_path / "list.csv") == LIST
    with pytest.raises(BadField, match=r"cannot read .*gone.csv: No such file"):
        read_list(tmp_path / "gone.csv")


KEY = Command("k1", 7, staff_id="p-max")


def test_an_order_under_a_key_is_done_once_and_answered_as_then(writer: Writer) -> None:
    order = replace(THABO, command=KEY)
    added = perform(writer, order, NOW)
    assert perform(writer, order, NOW + 5.0) == {"person": {"id": added["person"]["id"]}, "news": True}
    moved = MovePhone(who="0821234570", phone="0821234571", phone_region="ZA", command=replace(KEY, id="k2"))
    for _ in range(2):  # who had the number before is nobody by then
        assert perform(writer, moved, NOW)["person"]["id"] == added["person"]["id"]
    kinds = [kind for (kind,) in writer.db.execute("SELECT kind FROM events ORDER BY n").fetchall()]
    assert kinds == ["PersonAdded", "DriverRegistered", "PhoneMoved"]


def test_what_was_undone_meanwhile_is_not_done_again(writer: Writer) -> None:
    who = perform(writer, THABO, NOW)["person"]["id"]
    suspend = SetStatus(who=who, status=PersonStatus.SUSPENDED, command=KEY)
    perform(writer, suspend, NOW)
    perform(writer, SetStatus(who=who, status=PersonStatus.ACTIVE), NOW)
    assert perform(writer, suspend, NOW)["news"]
    assert people.require(writer.db, PersonId(who)).roles[0].status == PersonStatus.ACTIVE


def test_a_commit_that_fails_leaves_neither_the_deed_nor_the_memory_of_it(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process does that dies before its commit: the same order is done the next time."""
    order = replace(THABO, command=KEY)

    def dies(writer: Writer) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "_end_commit", dies)
        with pytest.raises(RuntimeError):
            perform(writer, order, NOW)
    assert writer.db.execute("SELECT count(*) FROM events").fetchone() == (0,)
    assert perform(writer, order, NOW)["person"]["phone"] == "27821234570"


def test_who_is_suspended_is_so_in_all_roles_or_in_none(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    who = perform(writer, THABO, NOW)["person"]["id"]
    perform(writer, replace(THABO, role=PersonRole.PASSENGER), NOW)

    def fails(*args: object, **more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(logins, "revoke", fails)
    with pytest.raises(RuntimeError):
        perform(writer, SetStatus(who=who, status=PersonStatus.SUSPENDED), NOW)
    assert {role.status for role in people.require(writer.db, PersonId(who)).roles} == {"invited"}
