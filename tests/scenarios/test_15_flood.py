"""Scenario 15. One driver's app sends ten thousand positions a second.

The latest wins, what is passed over is counted, and nobody else notices: an accept of another driver is answered at the same
second as without the flood. Mailboxes are bounded, and what does not fit is answered and counted.
"""

from sim.stories.stage import Stage, StageDriver, near_pickup
from tests.scenarios.theatre import Theatre

PER_BURST, BURSTS_PER_S = 100, 100


def floods(driver: StageDriver, *, since: float, for_s: int, per_burst: int = PER_BURST) -> int:
    """Positions a little further north each time, in a hundred bursts a second. How many that makes."""
    count = for_s * BURSTS_PER_S * per_burst

    def burst(number: int) -> None:
        for part in range(per_burst):
            driver.place = near_pickup(north_km=8.0 + 0.05 * for_s * (number * per_burst + part + 1) / count)
            driver.reports()

    for number in range(for_s * BURSTS_PER_S):
        driver.does(lambda number=number: burst(number), at=since + number / BURSTS_PER_S)
    return count


def an_accept(stage: Stage) -> StageDriver:
    """d1 is asked at second 1 and accepts at second 1.5; d8 is eight kilometres away."""
    stage.driver("d1").accepts("r1", at=1.5)
    stage.passenger("r1").books(at=1)
    return stage.driver("d8", north_km=8.0, reports=False)


def test_a_flood_of_positions_changes_nothing_for_anybody_else(play: Theatre) -> None:
    told = []
    for flooded in (False, True):
        stage = play(told=f"flooded {flooded}")
        flooder = an_accept(stage)
        if flooded:
            floods(flooder, since=1.0, for_s=1)
        stage.run(until=5)
        told.append([(frame.at, frame) for name in ("r1",) for frame in stage.passengers[name].heard()])
        told[-1] += [(frame.at, frame) for frame in stage.drivers["d1"].heard()]
    assert told[0] == told[1]
    assert [at for at, frame in told[1] if frame["type"] == "driver_assigned"] == [1.5]


def test_the_latest_position_of_a_flood_wins_and_the_others_are_counted(play: Theatre) -> None:
    stage = play()
    flooder = an_accept(stage)
    stage.run(until=0.5)
    board, counters = stage.world.board, stage.world.gateway.counters
    before = board.reports
    sent = floods(flooder, since=1.0, for_s=1)
    stage.run(until=5)
    fix = board.position(flooder.name)
    assert fix is not None and (fix.lat, fix.lon) == flooder.place
    limits = stage.world.settings
    passed = board.reports - before
    assert passed <= limits.message_burst + limits.kept_positions + 3 * limits.messages_per_s
    assert passed + counters.coalesced == sent == 10_000
    assert stage.world.runtime.dead_letters.counts.total() == 0


def test_a_flood_that_does_not_stop_is_cut_off(play: Theatre) -> None:
    stage = play()
    flooder = an_accept(stage)
    floods(flooder, since=1.0, for_s=15, per_burst=2)
    stage.run(until=20)
    ((at, code),) = flooder.closes
    assert code == 4508 and 11.0 <= at <= 13.0


def test_a_full_mailbox_is_answered_and_counted(play: Theatre) -> None:
    stage = play(mailbox_limit=10, message_burst=40)
    driver = stage.driver("d1")

    def forty() -> None:
        for number in range(40):
            driver.accepts("nothing", id=f"k{number}")

    driver.does(forty, at=20)
    stage.run(until=20)
    codes = [frame["code"] for frame in driver.heard("error")]
    assert sorted(codes) == ["no_such_ride"] * 10 + ["unavailable"] * 30
    assert stage.world.runtime.dead_letters.counts == {"mailbox full": 30}
