"""What both sessions share: opening and ending, limits, mistakes, and what the connection itself is told."""

import msgspec
import pytest

from dispatch import addresses
from dispatch.config import Rules
from dispatch.ids import RideId
from dispatch.messages.commands import Attach, CancelRide, Detach
from dispatch.messages.notices import Ack, CutOff, Faulted, Refused, Replaced, RideEnded, Searching
from dispatch.transport import wire
from tests.transport.rig import DRIVER, FIND_DRIVER, RIDE, App, Rig

PING = {"type": "ping"}
PONG = {"type": "pong"}
HERE = {"type": "location_update", "latitude": -26.2, "longitude": 28.0}
BURST, RATE, KEPT = 40, 20, 100


def burst(app: App, frames: int = BURST) -> None:
    """Use up so many tokens, without an answer."""
    for _ in range(frames):
        app.says(**HERE)


NOW = 1_795_420_800.0
"""2026-11-23 08:00:00 UTC"""


class TestOpenAndEnd:
    def test_opening_attaches_the_connection_to_its_ride(self) -> None:
        rig = Rig()
        _, session = rig.passenger()
        assert rig.heard("ride/123") == [Attach(session.principal, session.address, session.number)]

    def test_opening_attaches_the_connection_to_its_driver(self) -> None:
        rig = Rig()
        _, session = rig.driver()
        assert rig.heard("driver/27821234568") == [Attach(session.principal, session.address, session.number)]

    def test_a_later_connection_has_a_higher_number(self) -> None:
        rig = Rig()
        assert rig.driver()[1].number < rig.passenger()[1].number < rig.driver()[1].number

    def test_where_nobody_can_be_reached_the_app_is_sent_away_for_now(self) -> None:
        rig = Rig(deaf=("ride/123",))
        app, session = rig.passenger()
        assert app.got == [{"type": "error", "code": "unavailable", "message": "nothing was done; please try again"}]
        assert app.closes == [(1013, "try again")]
        assert session.ended

    def test_a_command_that_finds_the_mailbox_full_is_answered_and_the_connection_goes_on(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        for _ in range(Rules.mailbox_limit):
            rig.runtime.tell("driver/27821234568", Replaced())
        app.says(type="arrived", ride_id="123", id="k1")
        (answer,) = app.got
        assert (answer["code"], answer["id"], answer["ride_id"]) == ("unavailable", "k1", "123")
        assert not session.ended

    @pytest.mark.parametrize("reason", ["closed", "silent"])
    def test_the_end_is_told_once(self, reason: str) -> None:
        rig = Rig()
        _, session = rig.driver()
        session.closed(reason)
        session.closed("closed")
        assert rig.heard("driver/27821234568")[1:] == [Detach(session.principal, session.number, reason)]

    def test_after_the_end_nothing_goes_in_or_out(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        session.closed()
        heard_at = session.last_heard
        rig.runtime.run(5.0)
        app.says(**PING)
        app.says(type="nonsense")
        rig.tell(session, RideEnded(RIDE, by="ops", reason="", seq=1, fee=0))
        session.deliver(RideEnded(RIDE, by="ops", reason="", seq=1, fee=0))
        assert app.got == []
        dead = rig.runtime.dead_letters.counts["nobody there"]
        rig.runtime.tell(session.address, Replaced())
        assert rig.runtime.dead_letters.counts["nobody there"] == dead + 1
        assert session.last_heard == heard_at
        assert len(rig.heard("driver/27821234568")) == 2, "only Attach and Detach"

    def test_a_replaced_connection_is_closed_and_says_no_goodbye(self) -> None:
        rig = Rig()
        app, session = rig.passenger()
        rig.tell(session, Replaced())
        assert app.closes == [(4504, "a newer connection took over")]
        assert [type(message) for message in rig.heard("ride/123")] == [Attach]
        assert rig.gateway.counters.closed == {4504: 1}

    def test_a_quarantined_actor_is_told_as_an_internal_error_with_its_id(self) -> None:
        rig = Rig()
        app, session = rig.passenger()
        rig.tell(session, Faulted("e7"))
        assert app.got == [{"type": "error", "code": "internal", "message": "something went wrong inside; error id e7"}]
        assert app.closes == [(1012, "internal error")]

    @pytest.mark.parametrize(("for_good", "closed"), [(True, (4501, "removed")), (False, (1012, "come back"))])
    def test_a_connection_whose_actor_leaves_memory_is_closed_and_its_actor_hears_so(
        self, for_good: bool, closed: tuple[int, str]
    ) -> None:
        rig = Rig()
        app, session = rig.passenger()
        rig.tell(session, CutOff(for_good))
        assert app.closes == [closed]
        assert [type(message) for message in rig.heard("ride/123")] == [Attach, Detach]


class TestSignsOfLife:
    def test_every_frame_counts_as_heard_and_so_does_a_sign_from_the_link(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        for second, sign in enumerate([lambda: app.says(**PING), lambda: app.says(type="?"), session.heard], start=1):
            rig.runtime.run(float(second))
            assert session.last_heard == second - 1
            sign()
            assert session.last_heard == second

    def test_ping_gets_pong_and_with_an_id_an_ack_after_it(self) -> None:
        app, _ = Rig().passenger()
        app.says(**PING)
        app.says(**PING, id="p1")
        assert app.got == [PONG, PONG, {"type": "ack", "result": "ok", "id": "p1"}]


class TestNotices:
    def test_a_notice_becomes_a_frame_with_epoch_and_seq(self) -> None:
        rig = Rig()
        app, session = rig.passenger()
        rig.tell(session, RideEnded(RIDE, by="system", reason="nobody was there", seq=9, fee=0))
        assert app.got == [
            {
                "type": "ride_cancelled", "ride_id": "123", "by": "system", "reason": "nobody was there",
                "fee": 0, "seq": 9, "epoch": "e1",
            }
        ]  # fmt: skip

    def test_ack_and_error_are_outside_the_stream(self) -> None:
        rig = Rig()
        app, session = rig.passenger()
        rig.tell(session, Ack("ok", "k1"))
        rig.tell(session, Refused("illegal_now", "cannot cancel a ride that is completed", id="k2", ride_id=RIDE))
        assert app.got == [
            {"type": "ack", "result": "ok", "id": "k1"},
            {
                "type": "error", "code": "illegal_now", "message": "cannot cancel a ride that is completed",
                "id": "k2", "ride_id": "123",
            },
        ]  # fmt: skip

    def test_a_deadline_is_wall_time_and_what_is_left_of_it(self) -> None:
        rig = Rig(start_at=NOW, currency="ZAR")
        app, session = rig.passenger()
        rig.run(10.0)
        rig.tell(session, Searching(RIDE, round=1, drivers_notified=5, fare=85.5, expires_at=NOW + 40.25, seq=1))
        rig.run(50.0)
        rig.tell(session, Searching(RIDE, round=1, drivers_notified=5, fare=85.5, expires_at=NOW + 40.25, seq=2))
        rig.tell(session, Searching(RIDE, round=2, drivers_notified=5, fare=85.5, expires_at=NOW + 70.0, seq=3))
        first, late, other = app.got
        assert (first["expires_at"], first["ttl_ms"]) == ("2026-11-23T08:00:40.250Z", 30_250)
        assert (late["expires_at"], late["ttl_ms"]) == ("2026-11-23T08:00:40.250Z", 0)
        assert (other["expires_at"], other["ttl_ms"]) == ("2026-11-23T08:01:10.000Z", 20_000)
        assert first["currency"] == "ZAR"


class TestBadFrames:
    def test_a_bad_frame_is_answered_and_the_connection_stays_open(self) -> None:
        app, session = Rig().passenger()
        session.receive("{")
        session.receive(b"\xff")
        app.says(**PING)
        assert [frame.get("code") for frame in app.got] == ["bad_json", "bad_json", None]
        assert app.closes == []

    def test_a_frame_that_is_too_long_is_refused_unread(self) -> None:
        app, session = Rig().passenger()
        session.receive(msgspec.json.encode({"type": "ping", "x": "y" * 16_384}))
        assert app.got == [
            {"type": "error", "code": "bad_message", "message": "a frame has at most 16384 bytes, got 16406"}
        ]

    def test_twenty_within_a_minute_end_the_connection(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        for second in range(20):
            assert app.closes == []
            rig.runtime.run(second * 60.0 / 19)
            session.receive("nonsense")
        assert app.closes == [(4508, "too many bad frames")]
        assert len(app.got) == 20
        assert rig.heard("driver/27821234568")[-1] == Detach(session.principal, session.number)
        assert rig.gateway.counters.bad_frames == 20

    def test_twenty_in_more_than_a_minute_do_not(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        for number in range(40):
            rig.runtime.run(number * 3.2)
            session.receive("nonsense")
        assert app.closes == []


class TestTooFast:
    def test_within_the_burst_everything_passes(self) -> None:
        app, _ = Rig().passenger()
        for _ in range(BURST):
            app.says(**PING)
        assert app.got == [PONG] * BURST

    def test_beyond_it_a_command_is_refused_with_the_time_to_wait(self) -> None:
        rig = Rig()
        app, _ = rig.passenger()
        for _ in range(BURST):
            app.says(**PING)
        assert app.got == [PONG] * BURST
        app.says(type="cancel_ride", id="k1")
        assert app.got == [
            {
                "type": "error", "code": "rate_limited", "message": "too many messages; send again in 50 ms",
                "id": "k1", "ride_id": "123", "retry_after_ms": 50,
            }
        ]  # fmt: skip
        assert len(rig.heard("ride/123")) == 1, "only Attach"
        rig.runtime.run(0.05)
        app.says(type="cancel_ride", id="k1")
        assert isinstance(rig.heard("ride/123")[-1], CancelRide)
        assert rig.gateway.counters.rate_limited == 1

    def test_each_time_it_goes_beyond_its_rate_it_must_show_that_it_reads(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        burst(app)
        assert app.challenges == 0
        burst(app, 3)
        assert app.challenges == 1
        rig.runtime.run(10.0)
        burst(app, BURST + 3)
        assert app.challenges == 2

    def test_a_ping_has_its_pong_when_a_quarter_of_the_burst_is_back(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        burst(app)
        app.says(**PING)
        rig.runtime.run(0.49)
        assert app.got == []
        rig.runtime.run(0.51)
        assert app.got == [PONG]

    def test_pings_that_wait_are_one_and_one_that_passes_meanwhile_answers_for_it(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        burst(app)
        app.says(**PING)
        app.says(**PING)
        rig.runtime.run(0.1)
        app.says(**PING)
        assert app.got == [PONG]
        rig.runtime.run(5.0)
        assert app.got == []
        assert rig.gateway.counters.coalesced == 2

    def test_a_ping_with_an_id_that_a_newer_one_replaces_is_told_so(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        burst(app)
        for number in range(3):
            app.says(**PING, id=f"p{number}")
        assert app.got == [
            {"type": "ack", "result": "ignored", "reason": "superseded", "id": "p0"},
            {"type": "ack", "result": "ignored", "reason": "superseded", "id": "p1"},
        ]
        rig.runtime.run(0.1)
        app.says(**PING, id="p3")
        assert app.got == [
            {"type": "ack", "result": "ignored", "reason": "superseded", "id": "p2"},
            PONG,
            {"type": "ack", "result": "ok", "id": "p3"},
        ]

    def test_a_ping_waits_longer_while_other_frames_take_the_tokens(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        burst(app)
        app.says(**PING)
        for step in range(1, 9):  # ten a second: only the other ten come back
            rig.runtime.run(step * 0.1)
            app.says(**HERE)
        assert app.got == []
        rig.runtime.run(0.95)
        assert app.got == [PONG]

    def test_an_app_that_waits_for_its_pong_is_slowed_down_and_never_cut_off(self) -> None:
        rig = Rig()
        app, _ = rig.passenger()
        pongs = 0
        for step in range(100 * 60):  # a round trip of 10 ms for a minute
            rig.runtime.run(step * 0.01)
            if step == 0 or app.got == [PONG]:
                pongs += step > 0
                app.says(**PING)
        assert app.closes == []
        assert pongs == pytest.approx(BURST + 60 * RATE, rel=0.02)

    def test_ten_seconds_over_the_limit_end_the_connection(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        for step in range(1200):  # 100 a second
            rig.runtime.run(step * 0.01)
            app.says(**HERE)
            if app.closes:
                break
        assert app.closes == [(4508, "too fast for 10 s")]
        assert rig.runtime.now == pytest.approx(10.5, abs=0.1)
        assert rig.heard("driver/27821234568")[-1] == Detach(session.principal, session.number)

    def test_signs_of_life_that_are_no_messages_take_tokens_too(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        for _ in range(BURST):
            session.heard()
        app.says(type="arrived", ride_id="r1", id="k1")
        assert [frame["code"] for frame in app.got] == ["rate_limited"]
        assert app.challenges == 1

    def test_ten_seconds_of_too_many_of_them_end_the_connection_as_well(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        for step in range(1200):
            rig.runtime.run(step * 0.01)
            if not session.ended:
                session.heard()
        assert app.closes == [(4508, "too fast for 10 s")]

    def test_a_ping_a_second_for_an_hour_is_never_too_much(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        for second in range(3600):
            rig.runtime.run(float(second))
            session.heard()
            app.says(**HERE)
        assert app.closes == []

    def test_who_recovers_in_between_is_not_over_for_long(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        for second in range(0, 60, 3):
            rig.runtime.run(float(second))
            burst(app, 60)
        assert app.closes == []

    def test_a_connection_that_is_gone_is_not_woken_by_its_own_timer(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        burst(app)
        app.says(**PING)
        session.closed()
        rig.runtime.run(10.0)
        assert app.got == []


def test_frames_are_counted_by_type_both_ways() -> None:
    rig = Rig()
    app, _ = rig.passenger()
    app.says(**PING)
    app.says(**PING)
    app.says(**FIND_DRIVER)
    assert rig.gateway.counters.frames_in == {wire.Ping: 2, wire.FindDriver: 1}
    assert rig.gateway.counters.frames_out == {wire.Pong: 2}


def test_a_command_that_reaches_nobody_is_answered_unavailable() -> None:
    rig = Rig()
    app, _ = rig.passenger(RideId("r9"))
    rig.heard("ride/r9")
    rig.runtime.quarantine("ride/r9", "e1")
    app.says(**FIND_DRIVER, id="k1")
    assert app.got == [
        {
            "type": "error", "code": "unavailable", "message": "nothing was done; please try again",
            "id": "k1", "ride_id": "r9",
        }
    ]  # fmt: skip


def test_an_address_names_the_session_by_its_number() -> None:
    _, session = Rig().driver(DRIVER)
    assert session.address == addresses.session(session.number)
