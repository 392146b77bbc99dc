"""Scenario 2. Where two live offers are allowed, a driver who holds offers of two rides accepts both in one instant.

One binds the driver. The other offer closes `driver_busy`, and its place goes to the next driver in that same instant, with a whole
offer time.
"""

import pytest

from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre, every_order


def both_accepted_at_seven(stage: Stage, first: str = "r1", second: str = "r2") -> None:
    """d1 is the nearest to both rides, d2 the next; a round asks one."""
    near, _ = stage.fleet(2)
    for ride in ("r1", "r2"):
        stage.passenger(ride).books(at=0)
    near.accepts(first, at=7)
    near.accepts(second, at=7)
    stage.run(until=7)


def check_that_one_binds(stage: Stage) -> None:
    near, far = stage.drivers["d1"], stage.drivers["d2"]
    (bound,) = near.heard("ride_accepted")
    (closing,) = [frame for frame in near.heard("offer_closed") if not frame.again]
    assert {bound["ride_id"], closing["ride_id"]} == {"r1", "r2"}
    assert (closing.at, closing["reason"]) == (7.0, "driver_busy")
    (refill,) = far.heard("ride_request")
    assert (refill.at, refill["ride_id"], refill["ttl_ms"]) == (7.0, closing["ride_id"], 30_000)
    assert stage.passengers[bound["ride_id"]].last()["driver_id"] == "d1"
    assert stage.passengers[closing["ride_id"]].story() == ["searching"]


@pytest.mark.parametrize(("first", "second"), [("r1", "r2"), ("r2", "r1")])
def test_the_ride_they_name_first_binds_them_and_the_other_asks_the_next_driver(
    play: Theatre, first: str, second: str
) -> None:
    stage = play(live_offers=2, batch=1)
    both_accepted_at_seven(stage, first, second)
    check_that_one_binds(stage)
    assert stage.drivers["d1"].last("ride_accepted")["ride_id"] == first


def test_the_driver_who_fills_the_place_keeps_it_for_their_own_thirty_seconds(play: Theatre) -> None:
    stage = play(live_offers=2, batch=1)
    both_accepted_at_seven(stage)
    far = stage.drivers["d2"]
    stage.run(until=38.99)
    assert far.heard("offer_closed") == []
    stage.run(until=39)
    assert far.last("offer_closed")["reason"] == "expired"


def test_the_second_accept_hears_the_same_closing_again(play: Theatre) -> None:
    stage = play(live_offers=2, batch=1)
    both_accepted_at_seven(stage)
    closing, again = stage.drivers["d1"].heard("offer_closed")
    assert again == closing


def test_in_every_order_of_all_deliveries_one_ride_binds_them(play: Theatre) -> None:
    for dice in every_order(since=7.0):
        stage = play.in_order(dice, live_offers=2, batch=1)
        both_accepted_at_seven(stage)
        check_that_one_binds(stage)
