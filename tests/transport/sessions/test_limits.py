"""The token bucket against its definition, and how mistakes are counted."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.transport.sessions.limits import FailureWindow, TokenBucket

pauses = st.lists(st.floats(0.0, 3.0), min_size=1, max_size=200)


def test_a_full_bucket_gives_its_burst_at_one_instant_and_no_more() -> None:
    bucket = TokenBucket(rate_per_s=20, burst=40)
    assert [bucket.take(7.0) for _ in range(42)] == [True] * 40 + [False] * 2


def test_tokens_come_back_at_the_rate() -> None:
    bucket = TokenBucket(rate_per_s=20, burst=40)
    while bucket.take(0.0):
        pass
    assert [bucket.take(0.05), bucket.take(0.05), bucket.take(0.1)] == [True, False, True]


def test_the_fastest_rate_with_a_burst_of_one_gives_tokens_at_todays_time() -> None:
    """Unix seconds are floats with steps that are no small part of such an interval."""
    bucket = TokenBucket(rate_per_s=100_000, burst=1)
    assert [bucket.take(1_764_460_000.1 + number / 1000) for number in range(5)] == [True] * 5


def test_a_bucket_left_alone_is_full_again_and_not_fuller() -> None:
    bucket = TokenBucket(rate_per_s=10, burst=3)
    while bucket.take(0.0):
        pass
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


def test_the_wait_for_tokens_ends_when_they_are_there() -> None:
    bucket = TokenBucket(rate_per_s=20, burst=40)
    while bucket.take(5.0):
        pass
    wait_s = bucket.wait_s(5.0, 10)
    assert abs(wait_s - 0.5) < 0.001
    assert not bucket.holds(5.0 + wait_s - 0.01, 10)
    assert bucket.holds(5.0 + wait_s, 10)
    assert bucket.wait_s(6.0, 10) == 0.0


@given(pauses, st.integers(1, 50), st.integers(1, 50))
def test_the_bucket_gives_what_a_counted_bucket_gives(waits: list[float], rate: int, burst: int) -> None:
    """Compared with tokens counted one by one; only a token that is there by a hair may differ."""
    bucket, now, tokens = TokenBucket(rate, burst), 0.0, float(burst)
    for wait in waits:
        now += wait
        tokens = min(float(burst), tokens + wait * rate)
        taken = bucket.take(now)
        if abs(tokens - 1.0) > 0.01:
            assert taken == (tokens >= 1.0)
        tokens -= taken


def test_failures_are_too_many_only_within_their_time() -> None:
    failures = FailureWindow(most=3, within_s=60.0)
    assert [failures.add(0.0), failures.add(30.0), failures.add(60.1), failures.add(80.0)] == [
        False,
        False,
        False,
        True,
    ]
