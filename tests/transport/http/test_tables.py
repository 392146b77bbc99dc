"""Tables as spreadsheets open them."""

import csv
import io

from dispatch.transport.http.tables import as_csv


def test_a_table_has_a_head_and_a_line_for_each_row() -> None:
    assert as_csv(("name", "fares"), [{"name": "Dan", "fares": 1.5, "more": 2}]) == "name,fares\r\nDan,1.5\r\n"


def test_what_is_written_is_read_again() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(("name",), [{"name": 'Ann, "the" \n Fast'}]))))
    assert rows == [["name"], ['Ann, "the" \n Fast']]


def test_no_name_becomes_a_formula() -> None:
    names = ["=1+1", "+27", "-2", "@x", "\tx"]
    written = as_csv(("name",), [{"name": name} for name in names])
    assert [row[0] for row in csv.reader(io.StringIO(written))][1:] == [f"'{name}" for name in names]
