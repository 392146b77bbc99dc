"""Lists of people as spreadsheets write them."""

import pytest

from dispatch.errors import BadField
from dispatch.identity import roster
from dispatch.identity.people import NewPerson
from dispatch.timestamps import LocalTime
from dispatch.values import Document
from dispatch.words import PersonRole

ZONE = LocalTime("Africa/Johannesburg")
DRIVERS = "phone,name,vehicle_type,registration,licence_expires,licence_number\n"
DAY_OVER = 1_806_530_400.0  # 2027-03-31T22:00:00Z


def read(text: str, role: PersonRole = PersonRole.DRIVER, region: str = "ZA") -> roster.Roster:
    return roster.read(text, role, region, ZONE.end_of)


def test_a_row_is_a_driver_with_vehicle_and_documents() -> None:
    found = read(DRIVERS + "082 123 4570, Thabo   Zulu ,van,CA 1,2027-03-31,L1\n")
    licence = Document("licence", "L1", DAY_OVER)
    thabo = NewPerson(
        role=PersonRole.DRIVER,
        name="Thabo Zulu",
        phone="27821234570",
        vehicle_type="van",
        registration="CA 1",
        documents=(licence,),
    )
    assert found == ([thabo], [])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_it_is_read_as_any_spreadsheet_writes_it(separator: str) -> None:
    rows = [["\ufeffPhone", "Name", "Vehicle Type"], ["+27 82 123 4570", '"Zulu, ""T""\nJr"', "van"], ["", "", ""]]
    found = read("\r\n".join(map(separator.join, rows)))
    assert [(new.name, new.vehicle_type) for new in found.people] == [('Zulu, "T" Jr', "van")]
    assert not found.mistakes


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("12,Ann", 'row 2, column phone: "12" is no phone number'),
        (",Ann", "row 2, column phone: the phone is missing"),
        ("2.78E+10,Ann", "row 2, column phone: "),
        ("0821234570,  ", "row 2, column name: the name is missing"),
        (f"0821234570,{'x' * 101}", "row 2, column name: a name has at most 100 characters, this one has 101"),
        ("0821234570,Ann,van,CA 1,31/03/2027", 'row 2, column licence_expires: "31/03/2027" is no day'),
        ("0821234570,Ann,van,CA 1,2027-02-30", 'row 2, column licence_expires: "2027-02-30" is no day'),
        (f"0821234570,Ann,{'x' * 101}", "row 2, column vehicle_type: at most 100"),
        ("0821234570,Ann,van,CA 1,,,more", "row 2, column licence_number: there are 7 values for 6 columns"),
    ],
)
def test_a_mistake_names_row_and_column(row: str, says: str) -> None:
    found = read(DRIVERS + row)
    assert not found.people and len(found.mistakes) == 1
    assert str(found.mistakes[0]).startswith(says)


def test_rows_without_mistakes_are_read_beside_those_with() -> None:
    found = read("phone,name\n12,Ann\n0821234570,Thabo\n+27821234570,Thabo again\n")
    assert [new.name for new in found.people] == ["Thabo"]
    assert list(map(str, found.mistakes))[1:] == ["row 4, column phone: the same phone as in row 3"]


def test_many_mistakes_are_counted_and_the_first_are_told() -> None:
    told = str(roster.BadList(read("phone,name\n" + "1,Ann\n" * 12).mistakes))
    assert told.startswith("nothing was taken: row 2, ") and told.endswith("; and 2 more")


@pytest.mark.parametrize(
    ("head", "role", "says"),
    [
        ("", PersonRole.DRIVER, "the column phone is missing"),
        ("phone", PersonRole.DRIVER, "the column name is missing"),
        ("phone,nam", PersonRole.DRIVER, "did you mean 'name'"),
        ("phone,name,name", PersonRole.DRIVER, "the column name is there twice"),
        ("phone,name,registration", PersonRole.STAFF, '"registration" is no column of staff'),
        ("phone,name,licence_number", PersonRole.DRIVER, '"licence_number" is no column of driver'),
        ("phone,name,licence_expires", PersonRole.PASSENGER, '"licence_expires" is no column of passenger'),
    ],
)
def test_a_wrong_head_is_refused_and_says_which_columns_there_are(head: str, role: PersonRole, says: str) -> None:
    with pytest.raises(BadField, match=says):
        read(head + "\n", role)


def test_a_list_has_an_end() -> None:
    rows = "".join(f"+2782{n:07d},Ann\n" for n in range(roster.MOST_PEOPLE + 1))
    with pytest.raises(BadField, match="at most 10,000 people"):
        read("phone,name\n" + rows)


def test_what_is_no_csv_is_refused() -> None:
    with pytest.raises(BadField, match="this is no CSV"):
        read("phone,name\n" + "x" * 200_000)
