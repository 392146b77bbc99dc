"""How a demo looks, at any moment, on any terminal."""

import re
from io import StringIO

import pytest
from rich.console import Console

from dispatch.top.view import ROWS, Glance, Lags, status_line, view
from sim.demo.rides import STATUSES

CALM = Glance(
    title="real trips: New York, 15 January 2015 from 07:00 · ws://127.0.0.1:8067",
    doing="rides arrive",
    elapsed_s=75.0,
    for_s=300.0,
    requests=1_234,
    rides={"pending": 4, "accepted": 60, "in_progress": 120, "completed": 1_050},
    offers_open=18,
    declined=300,
    timed_out=41,
    assignments_per_minute=66.4,
    assign_p50_s=1.84,
    assign_p95_s=4.56,
    fleet=1_200,
    connected=1_200,
    busy=180,
    positions_per_s=214.3,
    server_cpu=0.034,
    server_memory_bytes=69_000_000,
    reconnects=0,
    errors=0,
    news=("ride 7: Amahle Dlamini, suv, 310 m away, after 3.2 s",),
)
EMPTY = CALM._replace(
    doing="starting the server",
    elapsed_s=0.0,
    requests=0,
    rides={},
    assign_p50_s=None,
    assign_p95_s=None,
    fleet=0,
    connected=0,
    busy=0,
    server_cpu=None,
    server_memory_bytes=None,
    news=(),
)


def drawn(glance: Glance, width: int = 100) -> list[str]:
    out = StringIO()
    Console(file=out, width=width).print(view(glance, width))
    return out.getvalue().splitlines()


def value_of(lines: list[str], label: str) -> str:
    """What stands right of a label."""
    line = next(line for line in lines if f" {label} " in line)
    return re.split(r"\s{2,}|━+", line.partition(f" {label} ")[2].strip(" │"))[0]


def test_the_panel_tells_every_figure_with_its_unit() -> None:
    lines = drawn(CALM)
    told = {
        "rides requested": "1,234",
        "searching": "4",
        "driver on the way": "60",
        "at the pickup": "0",
        "on trip": "120",
        "completed": "1,050",
        "offers open": "18",
        "declined · timed out": "300 · 41",
        "assignments a minute": "66",
        "time to assign, median": "1.8 s",
        "time to assign, p95": "4.6 s",
        "drivers free · busy": "1,020 · 180",
        "positions a second": "214",
        "server CPU · memory": "3% · 69 MB",
    }
    assert {label: value_of(lines, label) for label in told} == told
    assert "0:01:15 of 0:05:00" in lines[-2]
    assert "Amahle Dlamini" in "".join(lines)


def test_the_panel_has_twenty_lines_whatever_happens_so_that_it_is_drawn_over_itself() -> None:
    busy = CALM._replace(news=("x" * 300,) * 5, requests=10**9, rides=dict.fromkeys(STATUSES, 10**6))
    for glance in (EMPTY, CALM, busy, CALM._replace(for_s=None), CALM._replace(reconnects=5, errors=7, connected=3)):
        for width in (80, 100, 200):
            assert len(drawn(glance, width)) == 20


@pytest.mark.parametrize("width", [80, 90, 100, 250])
def test_no_line_reaches_the_last_two_columns_nor_goes_on_for_ever(width: int) -> None:
    assert {len(line) for line in drawn(CALM, width)} == {min(width - 2, 100)}


def test_eighty_columns_leave_no_figure_out() -> None:
    lines = drawn(CALM._replace(server_cpu=1.0), 80)
    assert value_of(lines, "server CPU · memory") == "100% · 69 MB"
    assert value_of(lines, "drivers free · busy") == "1,020 · 180"


def test_bars_are_as_long_as_their_counts_and_nobody_who_is_there_has_none() -> None:
    lines = drawn(CALM._replace(rides={"pending": 1, "accepted": 100, "in_progress": 50}))
    length = {label: next(line for line in lines if f" {label} " in line).count("━") for label, _ in ROWS.values()}
    assert length["driver on the way"] == 2 * length["on trip"] == 24
    assert length["searching"] == 1
    assert length["cancelled"] == 0


def test_what_is_not_known_yet_is_a_dash() -> None:
    lines = drawn(EMPTY)
    assert value_of(lines, "time to assign, median") == "–"
    assert value_of(lines, "server CPU · memory") == "– · –"


def test_a_view_without_an_end_says_how_to_stop_it_and_shows_no_bar() -> None:
    last = drawn(CALM._replace(for_s=None))[-2]
    assert "Ctrl-C stops" in last
    assert "━" not in last


def test_the_progress_bar_is_full_at_the_end_and_never_fuller() -> None:
    late = drawn(CALM._replace(elapsed_s=309.0))[-2]
    assert "0:05:00 of 0:05:00" in late
    out = StringIO()
    Console(file=out, width=100, force_terminal=True, color_system="standard").print(view(CALM, 100))
    assert out.getvalue().splitlines()[-2].count("━") > 40


def test_trouble_is_told_beside_what_goes_on() -> None:
    troubled = drawn(CALM._replace(connected=1_190, reconnects=12, errors=3))[-2]
    assert "rides arrive, 3 errors, 10 drivers offline, 12 reconnected" in troubled
    assert "offline" not in drawn(CALM)[-2]


@pytest.mark.parametrize(("for_s", "clock"), [(300.0, "0:01:15 of 0:05:00"), (None, "0:01:15   Ctrl-C stops")])
def test_however_much_went_wrong_the_clock_stays_readable(for_s: float | None, clock: str) -> None:
    assert clock in drawn(CALM._replace(for_s=for_s, connected=3, reconnects=12_345, errors=67_890), 80)[-2]


def test_drivers_cut_off_in_the_middle_of_a_ride_are_not_free() -> None:
    assert CALM._replace(connected=100, busy=180).free == 0


def test_the_log_line_says_the_same_in_one_line() -> None:
    assert status_line(CALM) == (
        "0:01:15 rides arrive: 1,234 rides requested (4 searching, 60 driver on the way, 120 on trip, 1,050 completed); "
        "18 offers open, 66 assignments a minute, median 1.8 s; 1,200 of 1,200 drivers connected, 180 busy, "
        "214 positions/s; 0 reconnected, 0 errors"
    )


def test_before_the_first_ride_the_log_tells_of_the_fleet() -> None:
    waiting = EMPTY._replace(doing="connecting the fleet", fleet=1_200, connected=640)
    assert status_line(waiting) == "connecting the fleet: 640 of 1,200 drivers connected"


def test_every_booking_status_has_a_row() -> None:
    assert tuple(ROWS) == STATUSES


@pytest.mark.parametrize("width", [40, 50, 60, 69, 70, 75, 80, 90, 100])
def test_no_figure_is_cut_on_a_terminal_of_any_width(width: int) -> None:
    text = "\n".join(drawn(CALM._replace(requests=123_456, rides={**CALM.rides, "completed": 98_765}), width))
    for figure in (
        "123,456",
        "98,765",
        " 120 ",
        " 18 ",
        "300 · 41",
        "66",
        "1.8 s",
        "4.6 s",
        "1,020 · 180",
        "214",
        "3% · 69 MB",
    ):
        assert figure in text, figure
    assert max(map(len, text.splitlines())) <= width


def test_a_server_that_is_gone_is_said_so_loudly_on_a_terminal_and_plainly_in_a_log() -> None:
    lost = CALM._replace(doing="no answer since 15:04:05, trying again", is_lost=True)
    out = StringIO()
    Console(file=out, width=80, force_terminal=True, color_system="standard").print(view(lost, 80))
    assert "\x1b[1;37;41m no answer since 15:04:05, trying again \x1b[0m" in out.getvalue()
    assert "[" not in status_line(lost)


def test_a_server_that_tells_no_metrics_has_no_figures_of_them_and_lags_are_shown_where_there_are_some() -> None:
    bare = CALM._replace(declined=None, timed_out=None, assignments_per_minute=None, positions_per_s=None)
    lines = drawn(
        bare._replace(lags=Lags(0.0041, None, 0.0123), program="dispatch top", stops_by="q quits", for_s=None)
    )
    assert value_of(lines, "declined · timed out") == "– · –"
    assert value_of(lines, "assignments a minute") == value_of(lines, "positions a second") == "–"
    assert value_of(lines, "lag loop·mail·disk") == "4 · – · 12 ms"
    assert "dispatch top" in lines[0] and "q quits" in lines[-2] and len(lines) <= 24
    assert "– assignments a minute" in status_line(bare)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_view_of_any_server_fits_a_usual_terminal(width: int) -> None:
    lines = drawn(CALM._replace(lags=Lags(9.999, 9.999, 9.999)), width)
    assert max(map(len, lines)) <= width
    assert width < 78 or len(lines) <= 24
