"""Lists of people as spreadsheets write them: CSV with a line of column names. Read whole, with what is wrong in which row. Pure."""

import csv
import re
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Final, NamedTuple

from dispatch.errors import BadField, did_you_mean
from dispatch.identity.people import NewPerson
from dispatch.phones import canonical
from dispatch.text import excerpt, word
from dispatch.values import Document
from dispatch.words import PersonRole

COLUMNS: Final = ("phone", "name", "vehicle_type", "registration")
REQUIRED: Final = ("phone", "name")
DRIVERS_OWN: Final = ("vehicle_type", "registration")
LONGEST_NAME: Final = 100
MOST_PEOPLE: Final = 10_000
TOLD: Final = 10
"""So many mistakes are told at once."""
_SEPARATORS: Final = ",;\t"
KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a kind of document is called."""
_DOCUMENT: Final = re.compile(rf"({KIND.pattern})_(number|expires)")
EndOfDay = Callable[[str], float]
"""The Unix second at which a day (`2027-03-31`) is over; raises ValueError for text that is no day."""


class Mistake(NamedTuple):
    """What cannot be taken. `row`: the line of the file, of which the first has the names of the columns."""

    row: int
    column: str
    says: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.says}"


class Roster(NamedTuple):
    """What a list says: the people of all rows without a mistake, and the mistakes."""

    people: list[NewPerson]
    mistakes: list[Mistake]


class BadList(BadField):
    """Rows of a list cannot be taken, and so none was."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        first = "; ".join(map(str, mistakes[:TOLD]))
        more = f"; and {len(mistakes) - TOLD} more" if len(mistakes) > TOLD else ""
        super().__init__(mistakes[0].column, f"nothing was taken: {first}{more}")


def phone_of(text: str, region: str) -> str:
    """The canonical form of a phone that people wrote. Raises ValueError with what is wrong."""
    phone = canonical(text, region)
    if phone is None:
        hint = "" if region else "; write it with + and its country, or set phone_region"
        raise ValueError(f"{excerpt(text)} is no phone number{hint}" if text else "the phone is missing")
    return phone


def name_of(text: str) -> str:
    """A person's name without needless spaces. Raises ValueError with what is wrong."""
    name = " ".join(text.split())
    if not name:
        raise ValueError("the name is missing")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters, this one has {len(name)}")
    return name


def read(text: str, role: PersonRole, region: str, end_of_day: EndOfDay) -> Roster:
    """The people of a list.

    Args:
        text: lines whose values are separated by commas, semicolons or tabs. The first line names the columns: `phone` and `name`;
            of drivers also `vehicle_type` and `registration`, and for each document `<kind>_expires` (`2027-03-31`, the last day on
            which it holds) and `<kind>_number`.
        role: of all of them.
        region: of phone numbers that name no country.
        end_of_day: when a day is over.

    Raises BadField when the columns are not these, or there are too many rows.
    """
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    lines = csv.reader(StringIO(text, newline=""), delimiter=max(_SEPARATORS, key=head.count))
    try:
        columns = [word(name).replace(" ", "_") for name in next(lines, [])]
        _require_columns(columns, role)
        people: list[NewPerson] = []
        mistakes: list[Mistake] = []
        rows: dict[str, int] = {}
        for cells in lines:
            if not any(map(str.strip, cells)):
                continue
            row = lines.line_num
            own = list(_mistakes_of(cells, columns, row))
            if not own:
                values = {name: value.strip() for name, value in zip(columns, cells, strict=False)}
                person, own = _person(values, role, region, end_of_day, row)
                first = rows.setdefault(person.phone, row) if person is not None else row
                if first != row:
                    own = [Mistake(row, "phone", f"the same phone as in row {first}")]
                elif person is not None:
                    people.append(person)
            mistakes += own
            if len(people) > MOST_PEOPLE:
                raise BadField("rows", f"a list has at most {MOST_PEOPLE:,} people")
    except csv.Error as error:
        raise BadField("csv", f"row {lines.line_num}: this is no CSV: {error}") from None
    return Roster(people, mistakes)


def _require_columns(columns: list[str], role: PersonRole) -> None:
    is_driver = role == PersonRole.DRIVER
    known = COLUMNS if is_driver else REQUIRED
    for column in columns:
        document = _DOCUMENT.fullmatch(column)
        if column in known or (is_driver and document and f"{document[1]}_expires" in columns):
            continue
        of_documents = ", and <kind>_expires with <kind>_number of documents" if is_driver else ""
        says = f"{excerpt(column)} is no column of {role} people: {', '.join(known)}{of_documents}"
        raise BadField(column, f"row 1: {says}{did_you_mean(column, known)}")
    for column in REQUIRED:
        if column not in columns:
            raise BadField(column, f"row 1: the column {column} is missing")
    doubled = next((column for column in columns if columns.count(column) > 1), None)
    if doubled is not None:
        raise BadField(doubled, f"row 1: the column {doubled} is there twice")


def _mistakes_of(cells: list[str], columns: list[str], row: int) -> Iterator[Mistake]:
    if len(cells) > len(columns) and any(map(str.strip, cells[len(columns) :])):
        yield Mistake(row, columns[-1], f"there are {len(cells)} values for {len(columns)} columns")


def _person(
    values: dict[str, str], role: PersonRole, region: str, end_of_day: EndOfDay, row: int
) -> tuple[NewPerson | None, list[Mistake]]:
    """The person of a row; None: there are mistakes."""
    mistakes: list[Mistake] = []
    phone = name = ""
    try:
        phone = phone_of(values.get("phone", ""), region)
    except ValueError as error:
        mistakes.append(Mistake(row, "phone", str(error)))
    try:
        name = name_of(values.get("name", ""))
    except ValueError as error:
        mistakes.append(Mistake(row, "name", str(error)))
    for column in DRIVERS_OWN:
        if len(values.get(column, "")) > LONGEST_NAME:
            mistakes.append(Mistake(row, column, f"at most {LONGEST_NAME} characters can be taken"))
    documents: list[Document] = []
    for column, value in values.items():
        if not column.endswith("_expires") or not value:
            continue
        kind = column.removesuffix("_expires")
        try:
            documents.append(Document(kind, values.get(f"{kind}_number", ""), end_of_day(value)))
        except (ValueError, OverflowError):
            mistakes.append(Mistake(row, column, f"{excerpt(value)} is no day; write 2027-03-31"))
    if mistakes:
        return None, mistakes
    return NewPerson(
        role=role,
        name=name,
        phone=phone,
        vehicle_type=values.get("vehicle_type", ""),
        registration=values.get("registration", ""),
        documents=tuple(documents),
    ), []
