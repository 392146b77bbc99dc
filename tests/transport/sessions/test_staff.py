"""The desk's connection: it ends rides, is answered, and speaks for no actor of its own."""

from typing import Any

import pytest

from dispatch.config import Rules
from dispatch.errors import FrameError, IdReused, IllegalTransition, NoSuchRide, Unavailable
from dispatch.messages.commands import CancelRide
from dispatch.messages.matching import DeskAnswered, LeaveOverview, WatchOverview
from dispatch.messages.notices import BoardMoved
from dispatch.principals import OPERATIONS
from dispatch.transport.sessions.staff import PATIENCE_S, refused
from dispatch.words import RefusalCode, RideStatus
from tests.transport.rig import RIDE, App, Rig

THE_RIDE = "ride/123"


def desk(rig: Rig) -> App:
    """Connected as a socket is."""
    app = App()
    app.session = rig.gateway.staff_session(OPERATIONS, app)
    app.session.open(may_resume=True)
    return app


def asked(rig: Rig) -> list[Any]:
    """What the ride was asked, once all mail is delivered."""
    return rig.heard(THE_RIDE)


def test_a_ride_is_ended_by_the_operator_and_the_desk_hears_how() -> None:
    rig = Rig()
    app = desk(rig)
    app.says(type="cancel_ride", ride_id="123", reason="a complaint", id="k1")
    (cancel,) = asked(rig)
    assert cancel == CancelRide(OPERATIONS, RIDE, "a complaint", reply_to=cancel.reply_to)
    rig.runtime.tell(cancel.reply_to, DeskAnswered("cancelled", by="ops", reason="a complaint"))
    assert app.got == [
        {"type": "ride_closed", "ride_id": "123", "status": "cancelled", "by": "ops", "reason": "a complaint"},
        {"type": "ack", "result": "ok", "id": "k1"},
    ]


def test_a_ride_that_is_not_there_or_cannot_end_is_told_with_the_id_of_the_frame() -> None:
    rig = Rig()
    app = desk(rig)
    for closed, code, text in (
        (
            DeskAnswered("unbooked", code="no_such_ride", text="there is no such ride"),
            "no_such_ride",
            "there is no such ride",
        ),
        (DeskAnswered("completed", code="illegal_now", text="too late"), "illegal_now", "too late"),
    ):
        app.says(type="cancel_ride", ride_id="123", id="k1")
        rig.runtime.tell(asked(rig)[-1].reply_to, closed)
        assert app.got == [{"type": "error", "code": code, "message": text, "id": "k1", "ride_id": "123"}]


def test_where_no_ride_is_to_be_found_the_desk_hears_it_at_once() -> None:
    app = desk(Rig(deaf=(THE_RIDE,)))
    app.says(type="cancel_ride", ride_id="123")
    assert [(frame["code"], frame["ride_id"]) for frame in app.got] == [("no_such_ride", "123")]


def test_a_ride_that_is_too_busy_may_be_asked_again() -> None:
    rig = Rig()
    app = desk(rig)
    for _ in range(Rules.mailbox_limit):
        rig.runtime.tell(THE_RIDE, DeskAnswered("cancelled"))
    app.says(type="cancel_ride", ride_id="123", id="k1")
    assert [(frame["code"], frame["id"]) for frame in app.got] == [("unavailable", "k1")]


def test_answers_of_two_rides_are_not_mixed_up_whichever_comes_first() -> None:
    rig = Rig()
    app = desk(rig)
    app.says(type="cancel_ride", ride_id="123")
    app.says(type="cancel_ride", ride_id="124")
    first, second = asked(rig)[0], rig.heard("ride/124")[0]
    rig.runtime.tell(second.reply_to, DeskAnswered("cancelled", by="ops", reason=""))
    rig.runtime.tell(first.reply_to, DeskAnswered("cancelled", by="passenger", reason=""))
    assert [(frame["ride_id"], frame["by"]) for frame in app.got] == [("124", "ops"), ("123", "passenger")]


def test_a_ride_that_does_not_answer_in_time_is_unavailable_and_an_answer_after_that_is_nobodys() -> None:
    rig = Rig()
    app = desk(rig)
    app.says(type="cancel_ride", ride_id="123", id="k1")
    (cancel,) = asked(rig)
    rig.runtime.run(PATIENCE_S + 1.0)
    assert [(frame["code"], frame["id"]) for frame in app.got] == [("unavailable", "k1")]
    rig.runtime.tell(cancel.reply_to, DeskAnswered("cancelled", by="ops", reason=""))
    assert app.got == []


def test_an_answer_that_came_in_time_is_the_only_one() -> None:
    rig = Rig()
    app = desk(rig)
    app.says(type="cancel_ride", ride_id="123")
    rig.runtime.tell(asked(rig)[0].reply_to, DeskAnswered("cancelled", by="ops", reason=""))
    rig.runtime.run(PATIENCE_S + 1.0)
    assert [frame["type"] for frame in app.got] == ["ride_closed"]


def test_a_ping_is_answered_and_there_is_no_stream_to_resume() -> None:
    app = desk(Rig())
    app.says(type="resume", epoch="e1", last_seq=4, id="k1")
    app.says(type="ping")
    assert [(frame["type"], frame.get("code"), frame.get("id")) for frame in app.got] == [
        ("error", "illegal_now", "k1"),
        ("pong", None, None),
    ]


def test_what_only_apps_may_say_is_told_where_it_belongs() -> None:
    app = desk(Rig())
    app.says(type="find_driver")
    app.says(type="accept_ride")
    assert [frame["message"] for frame in app.got] == [
        "find_driver belongs on a ride's socket, /ws/ride/<ride_id>/, not on this one",
        "accept_ride belongs on a driver's socket, /ws/driver/<driver_id>/, not on this one",
    ]


def test_several_desks_are_connected_at_once_and_one_that_leaves_tells_nobody() -> None:
    rig = Rig()
    first, second = desk(rig), desk(rig)
    first.says(type="ping")
    second.says(type="ping")
    first.session.closed()
    assert (first.closes, second.closes) == ([], [])
    second.says(type="ping")
    assert len(second.got) == 2


@pytest.mark.parametrize("error", [FrameError, IdReused, IllegalTransition, NoSuchRide, Unavailable])
def test_a_refusal_is_the_error_of_its_code(error: type[FrameError]) -> None:
    made = refused(DeskAnswered(RideStatus.PENDING, error.code, "no", "note"))
    assert (type(made), made.code, str(made), made.field) == (error, error.code, "no", "note")


def test_a_refusal_without_an_error_of_its_own_keeps_its_code() -> None:
    made = refused(DeskAnswered(RideStatus.PENDING, RefusalCode.TOO_EARLY, "wait"))
    assert (type(made), made.code, made.field) == (IllegalTransition, RefusalCode.TOO_EARLY, None)


def test_a_desk_asks_for_the_board_when_it_connects_gets_what_it_is_told_and_says_when_it_leaves() -> None:
    rig = Rig()
    mail: list[Any] = []
    rig.runtime.sink("overview/0", Mail(mail))
    app = desk(rig)
    app.session.settle()
    address = app.session.address
    assert mail == [WatchOverview(address)]
    told = BoardMoved(3, "2026-11-30T09:00:00Z", (1, 5, -5))
    rig.runtime.tell(address, told)
    assert app.frames == [told]
    app.session.closed()
    app.session.closed()
    assert mail[1:] == [LeaveOverview(address)]


def test_a_desk_that_leaves_before_it_was_settled_has_nothing_to_leave() -> None:
    rig = Rig()
    mail: list[Any] = []
    rig.runtime.sink("overview/0", Mail(mail))
    desk(rig).session.closed()
    assert mail == []


class Mail:
    """A sink that keeps its mail."""

    def __init__(self, kept: list[Any]) -> None:
        self.deliver = kept.append
