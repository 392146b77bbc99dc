"""A connection whose app may resume: what its actor hears first, when, and which epoch the app reads."""

import pytest

from dispatch.messages.commands import Attach, CancelRide, Detach, Resume
from dispatch.messages.notices import DriverSnapshot, OfferMade, RideEnded
from dispatch.transport.sessions.session import Session, StillQuiet
from tests.transport.rig import AS_MICHAEL, AS_SARAH, CARD, FIND_DRIVER, RIDE, App, Rig, lease

ME, THE_RIDE = "driver/27821234568", "ride/123"
HERE = {"type": "location_update", "latitude": -26.2, "longitude": 28.0}


def opened(rig: Rig, kind: str = "driver") -> tuple[App, Session]:
    """Connected as a socket is: the app may say first that it resumes."""
    app = App()
    gateway = rig.gateway
    is_ride = kind == "ride"
    session = gateway.passenger_session(AS_SARAH, RIDE, app) if is_ride else gateway.driver_session(AS_MICHAEL, app)
    app.session = session
    session.open(may_resume=True)
    return app, session


def resume(epoch: str = "e1", last_seq: int = 4, **more: object) -> dict[str, object]:
    return {"type": "resume", "epoch": epoch, "last_seq": last_seq, **more}


class TestFirstFrame:
    def test_until_the_app_speaks_its_actor_hears_nothing(self) -> None:
        rig = Rig()
        opened(rig)
        assert rig.heard(ME) == []

    @pytest.mark.parametrize("frame", [HERE, {"type": "ping"}, {"type": "nonsense"}])
    def test_with_any_other_frame_the_connection_speaks_for_its_driver(self, frame: dict[str, object]) -> None:
        rig = Rig()
        app, session = opened(rig)
        app.says(**frame)
        app.says(**HERE)
        assert rig.heard(ME) == [Attach(session.principal, session.address, session.number)]

    def test_what_the_app_asks_comes_behind_it(self) -> None:
        rig = Rig()
        app, session = opened(rig, "ride")
        app.says(**FIND_DRIVER)
        attach, booking = rig.heard(THE_RIDE)
        assert (attach, type(booking).__name__) == (
            Attach(session.principal, session.address, session.number),
            "FindDriver",
        )

    def test_a_resume_goes_with_it(self) -> None:
        rig = Rig()
        app, _ = opened(rig)
        app.says(**resume(id="k1"))
        (attach,) = rig.heard(ME)
        assert attach.resume is not None
        assert (attach.number, attach.resume.number, attach.resume.epoch, attach.resume.last_seq) == (
            (0, 1),
            (0, 1),
            "e1",
            4,
        )
        assert attach.resume.command.id == "k1"

    def test_after_the_first_frame_a_resume_is_a_message_like_any_other(self) -> None:
        rig = Rig()
        app, session = opened(rig)
        app.says(**HERE)
        app.says(**resume())
        assert rig.heard(ME)[1:] == [Resume(session.principal, session.number, "e1", 4)]

    def test_an_app_that_says_nothing_for_its_time_is_taken_as_it_is(self) -> None:
        rig = Rig()
        app, session = opened(rig)
        session.deliver(StillQuiet())
        session.settle()
        app.says(**HERE)
        assert rig.heard(ME) == [Attach(session.principal, session.address, session.number)]

    def test_one_that_left_before_was_never_there(self) -> None:
        rig = Rig()
        _, session = opened(rig)
        session.closed()
        session.settle()
        assert rig.heard(ME) == []

    def test_where_nobody_can_be_reached_the_app_is_sent_away_and_its_frame_with_it(self) -> None:
        rig = Rig(deaf=(THE_RIDE,))
        app, _ = opened(rig, "ride")
        app.says(type="cancel_ride")
        assert [frame["code"] for frame in app.got] == ["unavailable"]
        assert app.closes == [(1013, "try again")]
        assert not any(isinstance(message, CancelRide | Detach) for message in rig.heard(THE_RIDE))


class TestEpoch:
    @pytest.mark.parametrize("epoch", ["e1", "e1.7", "e2", "", "e1.x"])
    def test_the_actor_judges_the_epoch_that_the_app_has_heard(self, epoch: str) -> None:
        rig = Rig()
        app, _ = opened(rig)
        app.says(**resume(epoch))
        assert rig.heard(ME)[0].resume.epoch == epoch

    def test_every_frame_has_the_epoch_of_its_notice_also_the_offer_inside_of_a_snapshot(self) -> None:
        rig = Rig()
        (app, session), (other, others) = opened(rig), opened(rig)
        offer = OfferMade(lease(), CARD, seq=2, epoch="e1.7")
        rig.tell(others, OfferMade(lease(), CARD, seq=2))
        rig.tell(session, DriverSnapshot("available", offer, seq=3, epoch="e1.7"))
        rig.tell(others, RideEnded(RIDE, by="ops", reason="", seq=1, fee=0))
        (snapshot,) = app.got
        assert (snapshot["epoch"], snapshot["offer"]["epoch"]) == ("e1.7", "e1.7")
        assert [frame["epoch"] for frame in other.got] == ["e1", "e1"]


class TestFields:
    @pytest.mark.parametrize("last_seq", [-1, 1.5, "4", None, 2**53])
    def test_a_number_that_no_message_has_is_pointed_out(self, last_seq: object) -> None:
        app, _ = opened(Rig())
        app.says(type="resume", epoch="e1", last_seq=last_seq)
        (error,) = app.got
        assert (error["code"], error["field"]) == ("bad_field", "last_seq")

    def test_both_fields_are_needed(self) -> None:
        app, _ = opened(Rig())
        app.says(type="resume", last_seq=4)
        app.says(type="resume", epoch="e1")
        assert [error["field"] for error in app.got] == ["epoch", "last_seq"]
