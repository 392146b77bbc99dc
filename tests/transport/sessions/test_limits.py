"""The token bucket against its definition, and how mistakes are counted."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.config import Settings
from dispatch.transport.sessions.limits import FloodLimits, FloodMeter, Lapses, SessionLimits, TokenBucket

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


def test_lapses_are_too_many_only_within_their_time() -> None:
    lapses = Lapses(most=3, within_s=60.0)
    assert [lapses.add(0.0), lapses.add(30.0), lapses.add(60.1), lapses.add(80.0)] == [False, False, False, True]


def test_the_limits_of_a_session_are_those_of_the_settings() -> None:
    limits = SessionLimits.of(Settings(messages_per_s=7, message_burst=9, dead_after_s=3.0, gps_max_accuracy_m=50.0))
    assert (limits.messages_per_s, limits.message_burst) == (7, 9)
    assert (limits.dead_after_s, limits.max_accuracy_m, limits.over_limit_s) == (3.0, 50.0, 10.0)


LIMITS = FloodLimits(frames=80, bytes=8000, few=10, little=1000)
sent = st.lists(st.tuples(st.floats(0.0, 0.6), st.integers(0, 60), st.integers(0, 6000)), min_size=1, max_size=60)


class Metered:
    """A meter whose clock is set."""

    def __init__(self, limits: FloodLimits) -> None:
        self.now = 1000.0
        self._meter = FloodMeter(limits, lambda: self.now)

    def floods(self, at: float, frames: int, size: int) -> bool:
        self.now = at
        return self._meter.floods(frames, size)


@given(sent)
def test_a_flood_is_what_is_more_than_the_limits_within_a_second(pieces: list[tuple[float, int, int]]) -> None:
    """Never less; and what is more by as much as nobody looks at, and a tenth of a second, always."""
    meter, now, log = Metered(LIMITS), 1000.0, list[tuple[float, int, int]]()
    for gap, frames, size in pieces:
        now += gap
        log.append((now, frames, size))
        found = meter.floods(now, frames, size)
        within = [sum(piece[part] for piece in log if now - piece[0] <= 1.0 + 1e-9) for part in (1, 2)]
        nearly = [sum(piece[part] for piece in log if now - piece[0] < 0.9 - 1e-9) for part in (1, 2)]
        if found:
            assert within[0] > LIMITS.frames or within[1] > LIMITS.bytes
        else:
            assert nearly[0] <= LIMITS.frames + LIMITS.few and nearly[1] <= LIMITS.bytes + LIMITS.little


@given(st.floats(201.0, 5000.0), st.floats(0.0, 1.0))
def test_a_steady_flood_is_seen_within_its_first_second_or_a_little_later(rate: float, since: float) -> None:
    meter = Metered(FloodLimits.of(Settings()))
    meter.floods(1000.0 - since, 1, 100)
    number = next(number for number in range(5000) if meter.floods(1000.0 + number / rate, 1, 100))
    assert number / rate <= (1.0 if rate > 215.0 else 1.1)
    assert number >= 199


@given(st.integers(1, 200), st.integers(1, 20))
def test_two_hundred_frames_a_second_are_no_flood_however_they_come(at_once: int, seconds: int) -> None:
    meter = Metered(FloodLimits.of(Settings()))
    every_s = 1.0 / (200 // at_once) + 0.001
    steps = range(int(seconds / every_s))
    assert not any(meter.floods(1000.0 + step * every_s, at_once, 100 * at_once) for step in steps)


def test_a_flood_after_an_hour_of_good_manners_is_seen_as_soon() -> None:
    meter = Metered(FloodLimits.of(Settings()))
    assert not any(meter.floods(1000.0 + second, 20, 2000) for second in range(3600))
    assert any(meter.floods(5000.0 + number / 1000, 1, 100) for number in range(215))


def test_the_limits_of_a_flood_follow_the_settings_and_never_forbid_what_these_allow_at_once() -> None:
    usual = FloodLimits(frames=200, bytes=1_000_000, few=10, little=50_000)
    assert FloodLimits.of(Settings()) == FloodLimits.of(Settings(messages_per_s=3, message_burst=100)) == usual
    assert FloodLimits.of(Settings(bytes_per_s=1024, frame_bytes=16_384)).bytes == 32_768
