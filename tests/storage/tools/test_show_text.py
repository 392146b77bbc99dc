"""What `dispatch db show` prints for people can be read at any width, and is whole."""

from dispatch.storage.tools.show_text import lines

PEOPLE = [
    {"name": "Ann", "rating": 4.9, "ride_id": None},
    {"name": "王小明", "rating": 5.0, "ride_id": "r1"},
]
EVENT = {"n": 1, "kind": "RideCancelled", "body": {"reason": "flat tyre", "fee": 0}, "ride_id": None}


def test_a_table_that_fits_has_a_line_for_each_row() -> None:
    assert list(lines(PEOPLE, 80)) == [
        "name    rating  ride_id",
        "Ann     4.9",
        "王小明  5.0     r1",
    ]


def test_one_that_does_not_is_a_block_for_each_row_without_what_is_empty() -> None:
    assert list(lines(PEOPLE, 22)) == [
        *("name     Ann", "rating   4.9", ""),
        *("name     王小明", "rating   5.0", "ride_id  r1"),
    ]


def test_a_pipe_gets_a_table_as_wide_as_it_is() -> None:
    wide = [{"text": "x" * 500, "end": "here"}]
    assert list(lines(wide, None)) == [f"text{' ' * 496}  end", f"{'x' * 500}  here"]


def test_no_value_is_cut_off_and_the_body_of_an_event_is_json() -> None:
    assert list(lines([EVENT], 20)) == [
        *("n        1", "kind     RideCancelled"),
        'body     {"reason": "flat tyre", "fee": 0}',
    ]


def test_a_name_neither_breaks_a_line_nor_moves_the_cursor() -> None:
    (_, row) = lines([{"name": "Ann\n\x1b[2J"}], 80)
    assert row == r"Ann\n\x1b[2J"


def test_where_there_is_nothing_it_says_so() -> None:
    assert list(lines([], 80)) == ["nothing here"]
