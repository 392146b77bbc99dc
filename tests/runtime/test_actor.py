"""An actor's table of handlers, its start and its stop."""

from typing import Any

import pytest

from dispatch.runtime import Actor, Supervisor, VirtualRuntime, receives


class Hail:
    """Messages of these tests: plain objects will do."""


class Tip: ...


class Complaint: ...


class Cab(Actor):
    def on_start(self) -> None:
        self.did: list[str] = []

    @receives(Hail, Tip)
    def _on_money(self, message: Hail | Tip) -> None:
        self.did.append("money")


class NightCab(Cab):
    @receives(Tip)
    def _on_night_tip(self, message: Tip) -> None:
        self.did.append("thanks")

    @receives(Complaint)
    def _on_complaint(self, message: Complaint) -> None:
        self.did.append("sorry")


class Mute(Cab):
    def on_start(self) -> None:
        raise OSError("no radio")


def told(kind: type[Actor], *messages: Any) -> Any:
    """What an actor of this kind made of these messages."""
    runtime = VirtualRuntime(1)
    actor = runtime.spawn(kind(runtime, "ride/1"))
    for message in messages:
        runtime.tell("ride/1", message)
    runtime.run()
    return actor


class TestHandlers:
    def test_one_method_may_receive_several_kinds_of_message(self) -> None:
        assert told(Cab, Hail(), Tip()).did == ["money", "money"]

    def test_a_subclass_inherits_handlers_and_may_replace_one_by_its_own(self) -> None:
        assert told(NightCab, Hail(), Tip(), Complaint()).did == ["money", "thanks", "sorry"]

    def test_a_subclass_leaves_the_table_of_its_base_alone(self) -> None:
        assert Complaint not in Cab.handlers
        assert told(Cab, Tip()).did == ["money"]

    def test_a_message_without_a_handler_is_an_error_that_names_actor_address_and_message(self) -> None:
        with pytest.raises(TypeError, match="Cab at ride/1 does not handle Complaint"):
            told(Cab, Complaint())

    def test_the_kind_is_looked_up_exactly_so_a_derived_message_is_another_message(self) -> None:
        class BigTip(Tip): ...

        with pytest.raises(TypeError, match="BigTip"):
            told(Cab, BigTip())


class TestStart:
    def test_an_actor_has_started_when_spawn_returns(self) -> None:
        runtime = VirtualRuntime(1)
        cab = runtime.spawn(Cab(runtime, "ride/1"))
        assert isinstance(cab, Cab)
        assert cab.did == []

    def test_an_actor_that_fails_to_start_raises_in_spawn_and_is_not_kept(self) -> None:
        runtime = VirtualRuntime(1)
        with pytest.raises(OSError, match="no radio"):
            runtime.spawn(Mute(runtime, "ride/1"))
        assert runtime.actor("ride/1") is None
        runtime.tell("ride/1", Hail())
        assert runtime.dead_letters.counts == {"nobody there": 1}

    def test_a_mailbox_comes_from_the_runtime_only(self) -> None:
        with pytest.raises(NotImplementedError, match="the runtime gives"):
            Cab._create_actor_inbox()


class TestStop:
    class Leaving(Cab):
        @receives(Complaint)
        def _on_complaint(self, message: Complaint) -> None:
            self.stop()

        def on_stop(self) -> None:
            self.did.append("left")

    class Slamming(Leaving):
        def on_stop(self) -> None:
            raise OSError("the door")

    def test_an_actor_reads_what_came_before_it_stopped_itself_and_what_came_between(self) -> None:
        assert told(self.Leaving, Tip(), Complaint(), Tip()).did == ["money", "money", "left"]

    def test_a_stopped_actor_is_gone_from_its_runtime(self) -> None:
        runtime = VirtualRuntime(1)
        runtime.spawn(self.Leaving(runtime, "ride/1")).stop()
        runtime.run()
        assert runtime.actor("ride/1") is None
        assert list(runtime.addresses("ride")) == []

    def test_what_a_stopped_actor_has_not_read_is_dead(self) -> None:
        runtime = VirtualRuntime(1)
        runtime.spawn(self.Leaving(runtime, "ride/1")).stop()
        unread = Tip()
        runtime.tell("ride/1", unread)
        runtime.run()
        assert [(dead.message, dead.reason) for dead in runtime.dead_letters.recent] == [(unread, "stopped")]

    def test_a_failure_while_stopping_is_reported_and_the_actor_is_gone(self) -> None:
        reported: list[str] = []
        supervisor = Supervisor(report=lambda address, message, error, error_id: reported.append(repr(error)))
        runtime = VirtualRuntime(1, supervisor=supervisor)
        runtime.factory("ride", lambda address, message: self.Slamming(runtime, address))
        runtime.tell("ride/1", Complaint())
        runtime.run()
        assert reported == ["OSError('the door')"]
        assert runtime.actor("ride/1") is None

    def test_a_rebuilt_actor_does_not_stop_because_its_predecessor_was_asked_by_reference(self) -> None:
        runtime = VirtualRuntime(1)
        runtime.factory("ride", lambda address, message: Cab(runtime, address))
        before = runtime.spawn(Cab(runtime, "ride/1"))
        runtime.rebuild("ride/1")
        after = runtime.actor("ride/1")
        assert before.actor_ref.stop(block=False).get(timeout=0) is False
        runtime.run()
        assert runtime.actor("ride/1") is after is not before
