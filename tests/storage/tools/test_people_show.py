"""People as `dispatch people list` and `show` tell them."""

from pathlib import Path

import pytest

from dispatch.identity.people import NoSuchPerson
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.orders import perform
from dispatch.storage.tools.people_orders import AddPerson, ImportPeople
from dispatch.storage.tools.people_show import listed, shown
from dispatch.words import PersonRole

DAY = 86_400.0
OVER = 1_806_537_600.0  # 2027-04-01T00:00:00Z
NOW = OVER - 20 * DAY
LIST = (
    "phone,name,vehicle_type,registration,licence_expires,licence_number\n+27821234570,Thabo,van,CA 1,2027-03-31,L1\n"
)


@pytest.fixture(autouse=True)
def _people(writer: Writer) -> None:
    perform(writer, ImportPeople(role=PersonRole.DRIVER, text=LIST), NOW)
    perform(writer, AddPerson(role=PersonRole.STAFF, phone="+27821234571", name="Ann", is_manager=True), NOW)


def test_a_list_has_everybody_by_name_with_masked_phones(path: Path) -> None:
    ann, thabo = listed(path, None, NOW, "UTC", 14 * DAY)
    assert (ann["name"], ann["phone"], ann["roles"]) == ("Ann", "2782•••4571", "manager (invited)")
    assert (thabo["roles"], thabo["vehicle_type"], thabo["registration"]) == ("driver (invited)", "van", "CA 1")
    assert [row["name"] for row in listed(path, PersonRole.DRIVER, NOW, "UTC", 14 * DAY)] == ["Thabo"]
    assert listed(path, PersonRole.DRIVER, NOW, "UTC", 14 * DAY, full_phones=True)[0]["phone"] == "27821234570"


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (OVER - 14 * DAY - 1.0, ""),
        (OVER - 14 * DAY, "licence ends 2027-03-31"),
        (OVER - 1.0, "licence ends 2027-03-31"),
        (OVER, "licence ended 2027-03-31"),
    ],
)
def test_a_list_marks_documents_two_weeks_before_they_end(path: Path, now: float, says: str) -> None:
    assert listed(path, PersonRole.DRIVER, now, "UTC", 14 * DAY)[0]["documents"] == says


def test_one_person_is_shown_by_phone_or_id_with_all_documents(path: Path) -> None:
    told = shown(path, "+27 82 123 4570", NOW, "UTC", 14 * DAY)
    assert told["documents"] == [{"kind": "licence", "number": "L1", "last_day": "2027-03-31"}]
    assert shown(path, told["id"], NOW, "UTC", 14 * DAY) == told
    assert shown(path, "082 123 4570", NOW, "UTC", 14 * DAY, phone_region="ZA") == told
    with pytest.raises(NoSuchPerson):
        shown(path, "+27821234579", NOW, "UTC", 14 * DAY)
