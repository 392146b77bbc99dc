"""Tokens for people on file."""

from pathlib import Path

import pytest

from dispatch.errors import SettingError
from dispatch.identity.tokens import read_token
from dispatch.ids import PersonId
from dispatch.principals import Principal, Role
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.people.tokens import token_for
from dispatch.storage.tools.seed import MICHAEL, seed_into
from dispatch.words import PersonRole, PersonStatus

NOW = 1_800_000_000.0


@pytest.fixture()
def town(writer: Writer, path: Path) -> Path:
    seed_into(writer, 0, NOW)
    staff = people.NewPerson(role=PersonRole.STAFF, name="Ann", phone="27821234570", is_manager=True)
    people.add(writer, staff, NOW, draw=lambda: PersonId("p-ann"))
    return path


@pytest.mark.parametrize(
    ("who", "principal"),
    [
        ("driver:+27 82 123 4568", Principal(Role.DRIVER, MICHAEL.driver_id)),
        ("driver:27821234568", Principal(Role.DRIVER, MICHAEL.driver_id)),
        ("passenger:+27821234567", Principal(Role.PASSENGER, "27821234567")),
        ("staff:+27821234570", Principal(Role.STAFF, "p-ann", is_manager=True)),
        ("staff:p-ann", Principal(Role.STAFF, "p-ann", is_manager=True)),
    ],
)
def test_a_token_is_for_the_person_who_has_the_phone_or_the_id(town: Path, who: str, principal: Principal) -> None:
    claims = read_token(token_for(str(town), who, 900.0, NOW), keys_of(town, NOW), NOW, 900.0)
    assert (claims.principal, claims.ends_at) == (principal, NOW + 900)


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("king:+27821234568", "--as must be driver:"),
        ("driver", "--as must be driver:"),
        ("driver:", "--as must be driver:"),
        ("staff:+27821234568", "there is no staff"),
        ("driver:+27829999999", "there is no driver"),
    ],
)
def test_nobody_else_gets_one(town: Path, who: str, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        token_for(str(town), who, 900.0, NOW)


def test_who_is_suspended_gets_none(town: Path, writer: Writer) -> None:
    people.set_status(writer, PersonId("p-ann"), PersonRole.STAFF, PersonStatus.SUSPENDED, NOW)
    with pytest.raises(SettingError, match="is suspended"):
        token_for(str(town), "staff:p-ann", 900.0, NOW)
