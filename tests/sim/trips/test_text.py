"""Cells out of lines: separators, quoted cells that go on, and quotation marks gone astray."""

import io

import pytest

from sim.trips.text import TALLEST_CELL, Unreadable, table_in

HEADER = "id,note,lat"


def known(names: object) -> int:
    """Every header will do."""
    return 2


def table(*lines: str, header: str = HEADER) -> list[tuple[int, object]]:
    """Its rows, each with its line."""
    found = table_in(io.StringIO("\n".join((header, *lines)) + "\n"), known)
    return [(line, cells if isinstance(cells, Unreadable) else list(cells)) for line, cells in found.records]


def test_a_quoted_cell_may_hold_separators_quotation_marks_and_ends_of_lines() -> None:
    rows = table('1,"a, b",2', '3,"say ""a""",4', '5,"12 Main St', "2nd floor", '",6', "7,x,8")
    assert rows == [
        (2, ["1", "a, b", "2"]),
        (3, ["3", 'say "a"', "4"]),
        (4, ["5", "12 Main St\n2nd floor", "6"]),
        (7, ["7", "x", "8"]),
    ]


@pytest.mark.parametrize("stray", ['"1,x,2', '1,"x,2', '1,x",2', '1,x,2"', '1,x,"2', '"1,"x",2'])
@pytest.mark.parametrize("places", [(3,), (3, 4), (3, 7), (3, 4, 5), (3, 30)])
def test_a_stray_quotation_mark_touches_no_line_but_its_own(stray: str, places: tuple[int, ...]) -> None:
    lines = [stray if number in places else f"{number},x,{number}" for number in range(40)]
    rows = table(*lines)
    assert [line for line, _ in rows] == list(range(2, 42))
    assert [cells for line, cells in rows if line - 2 not in places] == [
        [str(number), "x", str(number)] for number in range(40) if number not in places
    ]


def test_a_mark_within_a_cell_that_nobody_quoted_stands_for_itself() -> None:
    assert table('1,5" pipe,2', '3,5" and 6" pipe,4') == [(2, ["1", '5" pipe', "2"]), (3, ["3", '5" and 6" pipe', "4"])]


def test_a_cell_that_is_never_closed_costs_one_row_at_the_end_of_a_file_too() -> None:
    assert [line for line, _ in table("1,x,2", '3,"x,4')] == [2, 3]


def test_no_cell_goes_on_for_ever() -> None:
    rows = table('1,"x', *["y"] * (TALLEST_CELL + 5), '",2', "3,x,4")
    assert rows[0] == (2, Unreadable("2 columns where the header has 3"))
    assert rows[-1][1] == ["3", "x", "4"]


def test_the_separator_is_the_one_by_which_the_header_names_the_most() -> None:
    found = table_in(io.StringIO("lat,itude;long,itude;a\n1,5;2,5;x\n"), lambda names: 2 * ("long,itude" in names))
    assert found.header == ["lat,itude", "long,itude", "a"]
    assert [list(cells) for _, cells in found.records] == [["1,5", "2,5", "x"]]


def test_a_table_of_one_column_has_rows_too() -> None:
    assert table("1", '"2', "3", header="id") == [(2, ["1"]), (3, ['"2']), (4, ["3"])]


def test_a_title_may_stand_above_the_header() -> None:
    text = "Trips of March\n\nmade by hand; not checked\npickup_time,pickup_lat\n1,2\n"
    found = table_in(io.StringIO(text), lambda names: sum(name.startswith("pickup") for name in names))
    assert found.header == ["pickup_time", "pickup_lat"]
    assert list(found.records) == [(5, ["1", "2"])]


def test_where_no_line_names_a_known_column_the_first_is_what_is_told() -> None:
    found = table_in(io.StringIO("a,b\n1,2\n"), lambda names: 0)
    assert (found.header, list(found.records)) == (["a", "b"], [])


def test_a_stray_quotation_mark_in_the_header_is_none_of_its_names() -> None:
    assert table_in(io.StringIO('"a,b"\n1,2\n'), known).header == ["a,b"]
    assert table_in(io.StringIO('"a,b,c\n1,2,3\n'), known).header == ["a", "b", "c"]


def test_a_comma_too_many_is_told_with_what_could_be_meant() -> None:
    ((_, unreadable),) = table("1,5,x,2,5")
    assert "needs quotation marks, or the table another separator" in str(unreadable)
