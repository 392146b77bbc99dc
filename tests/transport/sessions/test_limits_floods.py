"""When one connection floods: never below the limits, always soon after them."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.config import Settings
from dispatch.transport.sessions.limits import FloodLimits, FloodMeter

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
