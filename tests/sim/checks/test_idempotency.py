"""The observer of commands: two effects or two answers of one id are a violation, what never reached the disk is none."""

from typing import Any

from dispatch.ids import DriverId
from dispatch.messages.base import Command
from dispatch.messages.commands import Attach
from dispatch.messages.events import AvailabilitySet, CommandDone, StaffActed
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.messages.notices import Ack, Refused
from dispatch.words import StaffAction
from sim.checks.idempotency import IdempotencyCheck
from sim.checks.ledger import Violations
from tests.actors.rig import AS_ANN, AS_DAN, RIDE

DRIVER_ID, ME = DriverId("d1"), "driver/d1"
K1 = Command("k1", 7, DRIVER_ID)
WISH = AvailabilitySet(DRIVER_ID, False, K1)


def watched(*deliveries: tuple[str, Any], given: int = 1) -> list[str]:
    """`given`: the last number that each actor has given when an app connects."""
    violations = Violations()
    once = IdempotencyCheck(violations, lambda address: given)
    for address, message in deliveries:
        once(1.0, address, message)
    return [violation.split(" s ", 1)[1].split(":", 1)[0] for violation in violations]


def written(through: int, *events: Any) -> tuple[tuple[str, Any], tuple[str, Any]]:
    return ("journal", Append(ME, 1, through, 1.0, events)), (ME, Appended(1, through))


def test_one_effect_and_one_answer_however_often_it_is_said_are_as_it_should_be() -> None:
    said = ("session/1", Ack("ok", "k1"))
    assert watched(*written(1, WISH), said, said, *written(2, CommandDone(K1, "ok"))) == []


def test_two_effects_of_one_command_are_seen() -> None:
    assert watched(*written(1, WISH), *written(2, AvailabilitySet(DRIVER_ID, False, Command("k1", 7, DRIVER_ID)))) == [
        "done-once"
    ]


def test_two_acts_of_one_request_of_staff_are_seen_and_two_of_staff_may_use_one_key() -> None:
    def act(staff_id: str) -> StaffActed:
        return StaffActed(RIDE, staff_id, StaffAction.REASSIGN, command=Command("k1", 7, staff_id=staff_id))

    assert watched(*written(1, act("p-max")), *written(2, act("p-mia"))) == []
    assert watched(*written(1, act("p-max")), *written(2, act("p-max"))) == ["done-once"]


def test_an_effect_that_never_reached_the_disk_does_not_count() -> None:
    lost = ("journal", Append(ME, 1, 1, 1.0, (WISH,)))
    assert watched(lost, (ME, NotAppended(1, 1, "full")), *written(1, AvailabilitySet(DRIVER_ID, False, K1))) == []


def test_two_answers_to_one_command_are_seen_but_for_those_that_ask_to_try_again() -> None:
    again = ("session/1", Refused("unavailable", "try again", id="k1"))
    assert watched(again, ("session/1", Ack("ok", "k1")), again) == []
    assert watched(("session/1", Ack("ok", "k1")), ("session/1", Ack("taken", "k1"))) == ["one-answer"]
    assert watched(("session/1", Refused("illegal_now", "no", id="k1")), ("session/1", Ack("ok", "k1"))) == [
        "one-answer"
    ]


def test_the_same_id_of_two_apps_names_two_commands() -> None:
    other = AvailabilitySet(DriverId("d2"), False, Command("k1", 7, DriverId("d2")))
    assert watched(*written(1, WISH), *written(2, other)) == []
    apps = [("driver/d1", Attach(AS_DAN, "session/1", (0, 1))), ("ride/r1", Attach(AS_ANN, "session/2", (0, 2)))]
    assert watched(*apps, ("session/1", Ack("ok", "k1")), ("session/2", Refused("illegal_now", "no", id="k1"))) == []
    newer = ("driver/d1", Attach(AS_DAN, "session/3", (0, 3)))
    assert watched(*apps, ("session/1", Ack("ok", "k1")), newer, ("session/3", Ack("taken", "k1"))) == ["one-answer"]


def test_an_actor_that_left_memory_may_judge_what_it_refused_anew_and_keeps_what_it_did() -> None:
    newer = ("ride/r1", Attach(AS_ANN, "session/2", (0, 2)))
    first, refused, done = (
        ("ride/r1", Attach(AS_ANN, "session/1", (0, 1))),
        ("session/1", Refused("illegal_now", "no", id="k1")),
        ("session/1", Ack("ok", "k2")),
    )
    anew, other = ("session/2", Ack("ok", "k1")), ("session/2", Ack("taken", "k2"))
    assert watched(first, refused, done, newer, anew, given=0) == []
    assert watched(first, refused, done, newer, anew) == ["one-answer"]
    assert watched(first, refused, done, newer, other, given=0) == ["one-answer"]
