"""A driver on the way to a pickup, judged every ten seconds."""

from collections.abc import Callable

import pytest

from dispatch.domain.places.following import DARK, GIVEN_UP, LEAVES, STANDS, TOLD, WARNED, Approach, ApproachRules
from dispatch.values import Fix

PICKUP = (-26.2, 28.0)
METRE_DEG = 1.0 / 111_195.0
RULES = ApproachRules(give_up_s=240.0)


def seen(
    where: Callable[[float], float | None], until: float, rules: ApproachRules = RULES
) -> list[tuple[float, str, int]]:
    """What was noticed and when, of a driver who is `where(t)` metres away; None: the phone sends nothing any more."""
    approach = Approach(*PICKUP, 0.0)
    noticed, fix = [], None
    for tick in range(int(until) // 10 + 1):
        now = tick * 10.0
        metres = where(now)
        if metres is not None:
            fix = Fix(PICKUP[0] + metres * METRE_DEG, PICKUP[1], now)
        what = approach.look(fix, now, rules)
        if what:
            noticed.append((now, what, approach.stage))
    return noticed


def test_who_comes_nearer_is_left_alone() -> None:
    assert seen(lambda now: 3000.0 - 6.0 * now, 480) == []


def test_one_slow_stretch_does_nothing() -> None:
    assert seen(lambda now: 3000.0 - 6.0 * (now if now < 100 else max(100.0, now - 110.0)), 600) == []


def test_who_stands_still_is_warned_then_told_then_replaced() -> None:
    assert seen(lambda now: 3000.0, 400) == [(130.0, STANDS, WARNED), (190.0, STANDS, TOLD), (250.0, STANDS, GIVEN_UP)]


def test_who_drives_away_is_noticed_as_such() -> None:
    noticed = seen(lambda now: 3000.0 + 6.0 * now, 400)
    assert [(what, stage) for _, what, stage in noticed] == [(LEAVES, WARNED), (LEAVES, TOLD), (LEAVES, GIVEN_UP)]


def test_who_is_not_heard_any_more_is_told_at_once_and_cannot_be_warned() -> None:
    noticed = seen(lambda now: 3000.0 - 6.0 * now if now <= 50 else None, 400)
    assert noticed == [(120.0, DARK, TOLD), (300.0, DARK, GIVEN_UP)]


def test_whoever_was_never_heard_is_not_heard_after_as_long() -> None:
    assert seen(lambda now: None, 80)[0] == (70.0, DARK, TOLD)


def test_to_wait_near_the_pickup_is_no_standing_still() -> None:
    assert seen(lambda now: max(200.0, 1000.0 - 6.0 * now), 900) == []


def test_who_goes_on_after_a_warning_begins_anew() -> None:
    noticed = seen(lambda now: 3000.0 if now < 150 else 3000.0 - 6.0 * (now - 150) if now < 200 else 2700.0, 360)
    assert [(what, stage) for _, what, stage in noticed] == [(STANDS, WARNED), (STANDS, WARNED)]


@pytest.mark.parametrize("give_up_s", [0.0])
def test_nobody_is_replaced_unless_so_wanted(give_up_s: float) -> None:
    noticed = seen(lambda now: 3000.0, 4000, ApproachRules(give_up_s=give_up_s))
    assert [stage for *_, stage in noticed] == [WARNED, TOLD]
