"""What a run prints, for people and for programs."""

import json
from io import StringIO

import pytest

from sim.report.figures import RunFigures, Summary
from sim.report.printed import print_json, print_table, told_of
from sim.trips import Skipped
from sim.trips.rows import Unusable

DIGEST = "0123456789abcdef" * 4
DECISIONS = "fedcba9876543210" * 2


def summary_of(figures: RunFigures) -> Summary:
    return figures.summary(
        seed=42,
        digest=DIGEST,
        decisions=DECISIONS,
        drivers=1_200,
        virtual_s=14_400.0,
        cpu_s=2.0,
        wall_s=2.5,
        invariants_checked=1_000_000,
        violations=0,
    )


@pytest.fixture
def figures() -> RunFigures:
    figures = RunFigures()
    for number in range(1_500):
        figures.requested()
        figures.offered()
        figures.rounds(2)
        if number % 3 == 0:
            figures.assigned(6.25, 1_234.0 + number % 2)
            figures.picked_up(250.0)
    figures.cancelled("passenger")
    figures.period("p1", 60.0)
    figures.period("p3", 40.0)
    return figures


def table(figures: RunFigures, **extra: object) -> str:
    out = StringIO()
    print_table(summary_of(figures), file=out, **extra)  # type: ignore[arg-type]
    return out.getvalue()


def row(text: str, label: str) -> str:
    """What stands beside a label."""
    return next(line[1:] for line in text.splitlines() if line[1:].startswith(f" {label} ")).split(label)[1].strip(" │")


def test_json_is_one_line_that_reads_back_as_the_summary(figures: RunFigures) -> None:
    out, summary = StringIO(), summary_of(figures)
    print_json(summary, out)
    assert out.getvalue().count("\n") == 1
    assert json.loads(out.getvalue()) == summary
    assert list(json.loads(out.getvalue())) == list(summary)


def test_json_says_null_where_there_is_no_data() -> None:
    out = StringIO()
    print_json(summary_of(RunFigures()), out)
    assert '"time_to_assign_s": {"p50": null, "p95": null}' in out.getvalue()


def test_the_table_tells_the_figures_with_their_units(figures: RunFigures) -> None:
    text = table(figures)
    assert "Simulation, seed 42" in text
    assert row(text, "rides requested") == "1,500"
    assert row(text, "assigned") == "500 (33.3%)"
    assert row(text, "time to assign, median · p95, s") == "6.2 · 6.2"
    assert row(text, "way to the pickup, mean, m") == "1,234"
    assert row(text, "way to the pickup, median · p95, m") == "1,234 · 1,235"
    assert row(text, "request to pickup, median · p95, s") == "250 · 250"
    assert row(text, "rounds a ride") == "2.00"
    assert row(text, "drivers") == "1,200"
    assert row(text, "their time free (P1)") == "60.0%"
    assert row(text, "to the pickup (P2)") == "0.0%"
    assert row(text, "virtual time, h:mm:ss") == "4:00:00"
    assert row(text, "rides a CPU second") == "750"
    assert row(text, "violations") == "0"


def test_a_dash_stands_for_what_has_no_data() -> None:
    text = table(RunFigures())
    assert row(text, "time to assign, median · p95, s") == "– · –"
    assert row(text, "offers a ride") == row(text, "on a trip (P3)") == "–"
    assert row(text, "assigned") == "0"


def test_the_table_fits_an_ordinary_terminal_and_both_digests_stay_in_one_piece(figures: RunFigures) -> None:
    text = table(figures)
    assert f"digest {DIGEST}\ndecisions {DECISIONS}\n" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_who_cancelled_is_told_under_the_count(figures: RunFigures) -> None:
    figures.cancelled("driver")
    assert "1 by driver, 1 by passenger" in table(figures, cancelled_by=figures.cancelled_by)
    assert " by " not in table(figures)


def test_notes_stand_below_as_they_are(figures: RunFigures) -> None:
    note = "line 17: [red] " + "x" * 100
    assert table(figures, notes=[note]).endswith(f"{note}\n")


def test_without_a_file_the_figures_go_to_standard_output(
    figures: RunFigures, capsys: pytest.CaptureFixture[str]
) -> None:
    print_json(summary_of(figures))
    print_table(summary_of(figures))
    printed = capsys.readouterr().out
    assert printed.startswith('{"seed": 42')
    assert "rides requested" in printed


def test_what_was_not_used_of_a_trips_file_is_told_to_programs_by_reason(figures: RunFigures) -> None:
    out, skipped = StringIO(), Skipped(rows=60)
    for reason in ("no place", "bad time", "no place"):
        skipped.add("line 17", Unusable(reason, "pickup_lat is missing"))
    print_json(summary_of(figures), out, **told_of(skipped))
    told = json.loads(out.getvalue())
    assert (told["rows"], told["skipped"], told["skipped_by_reason"]) == (60, 3, {"no place": 2, "bad time": 1})
    assert told["first_skipped"] == "line 17: pickup_lat is missing"
    assert str(skipped) == "3 of 60 rows skipped (2 no place, 1 bad time); the first: line 17: pickup_lat is missing"
