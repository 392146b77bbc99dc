"""The page of metrics as `top` reads it."""

import pytest

from dispatch.top.page import SPREAD_OVER_S, Lately, MetricsPage, Speeds, measured, quantile, read_page
from dispatch.top.view import Lags

TEXT = """\
# HELP dispatch_rides Rides that are not over, by status
# TYPE dispatch_rides gauge
dispatch_rides{status="pending"} 4.0
dispatch_rides{status="accepted"} 60.0
process_resident_memory_bytes 6.9e+07
python_info{implementation="CPython",major="3"} 1.0
dispatch_time_to_assign_seconds_bucket{le="+Inf"} 3.0
"""


def test_samples_are_read_by_name_and_label_and_other_lines_are_left_out() -> None:
    page = read_page(TEXT)
    assert page.by_label("dispatch_rides") == {"pending": 4.0, "accepted": 60.0}
    assert page.value("process_resident_memory_bytes") == 6.9e7
    assert page.value("dispatch_time_to_assign_seconds_bucket", "+Inf") == 3.0
    assert page.value("python_info") is None and page.value("dispatch_ready") is None


@pytest.mark.parametrize(
    ("buckets", "share", "value"),
    [
        ({}, 0.5, None),
        ({"1.0": 0, "+Inf": 0}, 0.5, None),
        ({"1.0": 0, "2.0": 10, "+Inf": 10}, 0.5, 1.5),
        ({"1.0": 10, "2.0": 10, "+Inf": 10}, 0.5, 0.5),
        ({"1.0": 5, "2.0": 5, "+Inf": 10}, 0.99, 2.0),
        ({"10.0": 10, "2.0": 5, "+Inf": 10}, 1.0, 10.0),
    ],
)
def test_a_quantile_lies_on_the_line_between_two_bounds(
    buckets: dict[str, float], share: float, value: float | None
) -> None:
    assert quantile(share, buckets) == (pytest.approx(value) if value is not None else None)


def page_with(low: float, high: float) -> MetricsPage:
    """So many up to one second and up to two."""
    return MetricsPage({"x_bucket": {"1.0": low, "2.0": low + high, "+Inf": low + high}})


def test_a_spread_is_that_of_the_last_minutes_once_it_was_watched_for_so_long() -> None:
    lately = Lately("x")
    assert lately.quantiles(0.0, page_with(100, 0), [0.5]) == [pytest.approx(0.5)]
    assert lately.quantiles(1.0, page_with(100, 10), [0.5]) == [pytest.approx(0.55)], "since the server started"
    assert lately.quantiles(SPREAD_OVER_S, page_with(100, 10), [0.5]) == [pytest.approx(1.5)]
    assert lately.quantiles(3 * SPREAD_OVER_S, page_with(100, 10), [0.5]) == [None], "nothing has happened since"


TOTALS = """\
dispatch_rides_requested_total 7.0
dispatch_rides_ended_total{status="completed"} 3.0
dispatch_rides_ended_total{status="no_show"} 1.0
dispatch_offers_total{outcome="declined"} 5.0
dispatch_offers_total{outcome="expired"} 2.0
dispatch_mail_oldest_seconds 0.25
process_resident_memory_bytes 6.9e+07
"""


def test_figures_of_a_page_are_totals_as_they_stand_and_what_is_missing_is_not_known() -> None:
    figures = measured(read_page(TOTALS), Speeds(), 0.0)
    assert (figures.requests, figures.declined, figures.timed_out) == (7, 5, 2)
    assert figures.ended == {"completed": 3, "no_show": 1}
    assert (figures.server_memory_bytes, figures.server_cpu, figures.assign_p50_s) == (69_000_000, None, None)
    assert figures.lags == Lags(None, 0.25, None)


def test_speeds_are_those_between_two_pages() -> None:
    speeds = Speeds()
    measured(MetricsPage({"process_cpu_seconds_total": {"": 1.0}}), speeds, 0.0)
    figures = measured(MetricsPage({"process_cpu_seconds_total": {"": 1.5}}), speeds, 1.0)
    assert figures.server_cpu == pytest.approx(0.5)
