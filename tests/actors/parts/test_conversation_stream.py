"""Numbers without a gap, the last notices for whoever missed some, and numbers that are given again because nobody heard them."""

from typing import Any

from dispatch.actors.parts.conversation import Conversation, Memory, Stream
from dispatch.actors.recorded import RecordedActor
from dispatch.ids import RideId
from dispatch.messages.notices import RideEnded
from tests.actors.rig import Rig


class Unchanged:
    """The state of an actor of which nothing is told but how far it is."""

    def apply(self, event: Any) -> None:
        raise NotImplementedError


def a_stream(limit: int) -> tuple[Conversation, Stream]:
    """A conversation with nobody, and its stream."""
    app = Conversation(Memory(notices=limit))
    return app, app.stream


def told(app: Conversation, count: int, *, recorded: int = 0, committed: int = 0) -> list[RideEnded]:
    """So many notices more, said when so many events were recorded and on disk."""
    rig = Rig()
    actor = RecordedActor(rig.runtime, "quiet/1", rig.journal, Unchanged())
    actor.recorded, actor.committed = recorded, committed
    return [app.say(actor, RideEnded(RideId("r1"), by="ops", reason="", fee=0)) for _ in range(count)]


class TestAfter:
    def test_whoever_missed_some_gets_exactly_those(self) -> None:
        app, stream = a_stream(8)
        notices = told(app, 5)
        assert stream.after("", 2) == notices[2:]
        assert stream.after("", 0) == notices

    def test_whoever_missed_nothing_gets_nothing_which_is_all_of_it(self) -> None:
        app, stream = a_stream(8)
        told(app, 5)
        assert stream.after("", 5) == []
        assert Stream(8).after("", 0) == []

    def test_a_gap_of_which_the_beginning_is_forgotten_is_not_known(self) -> None:
        app, stream = a_stream(3)
        notices = told(app, 5)
        assert stream.after("", 2) == notices[2:]
        assert stream.after("", 1) is None

    def test_a_number_that_was_never_given_is_not_known(self) -> None:
        app, stream = a_stream(8)
        told(app, 5)
        assert stream.after("", 6) is None

    def test_another_epoch_has_other_numbers(self) -> None:
        app, stream = a_stream(8)
        told(app, 5)
        stream.epoch = "another"
        assert stream.after("", 5) is None
        assert stream.after("another", 5) == []

    def test_a_stream_that_keeps_nothing_knows_only_that_nothing_was_missed(self) -> None:
        app, stream = a_stream(0)
        told(app, 5)
        assert stream.after("", 5) == []
        assert stream.after("", 4) is None


class TestCut:
    def test_what_followed_a_lost_event_was_never_said(self) -> None:
        app, stream = a_stream(8)
        sure = told(app, 2)
        told(app, 3, recorded=1)
        stream.cut(0)
        assert (stream.seq, stream.after("", 0)) == (2, sure)

    def test_what_followed_an_event_that_is_on_its_way_stays(self) -> None:
        app, stream = a_stream(8)
        notices = told(app, 2, recorded=1) + told(app, 1, recorded=2)
        stream.cut(1)
        assert (stream.seq, stream.after("", 0)) == (2, notices[:2])
        stream.cut(0)
        assert stream.seq == 0

    def test_what_was_said_before_is_sure_once_the_disk_has_caught_up(self) -> None:
        app, stream = a_stream(8)
        told(app, 2, recorded=1)
        told(app, 1, recorded=1, committed=1)
        stream.cut(0)
        assert stream.seq == 3

    def test_nothing_is_lost_where_nothing_was_unsure(self) -> None:
        app, stream = a_stream(8)
        notices = told(app, 2)
        stream.cut(0)
        assert stream.after("", 0) == notices

    def test_more_may_be_lost_than_is_kept(self) -> None:
        app, stream = a_stream(2)
        told(app, 1)
        told(app, 5, recorded=1)
        stream.cut(0)
        assert (stream.seq, stream.after("", 1), stream.after("", 0)) == (1, [], None)


class TestFirstUnsure:
    def test_it_is_the_first_that_waits_for_the_disk(self) -> None:
        app, stream = a_stream(8)
        told(app, 2)
        told(app, 2, recorded=1)
        told(app, 2, recorded=2)
        assert (stream.first_unsure(0), stream.first_unsure(1), stream.first_unsure(2)) == (3, 5, 7)

    def test_what_is_on_disk_is_not_remembered_though_every_notice_had_to_wait(self) -> None:
        app, stream = a_stream(8)
        for recorded in range(1, 1_000):  # a driver who only comes and goes
            told(app, 1, recorded=recorded, committed=recorded - 1)
        assert len(stream.unsure) == 1
        assert stream.first_unsure(999) == stream.seq + 1
