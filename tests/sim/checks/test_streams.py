"""The observer of streams: numbers that are left out, given twice, or missing from what answers a resume."""

from typing import Any

import pytest

from dispatch.ids import RideId
from dispatch.messages.commands import Attach, Resume
from dispatch.messages.notices import PassengerSnapshot, RideEnded
from sim.checks.ledger import Violations
from sim.checks.streams import WHOLE_WITHIN_S, Streams
from tests.actors.rig import AS_ANN

RIDE, ME = RideId("r1"), "ride/r1"
FIRST, SECOND = Attach(AS_ANN, "session/1", (0, 1)), Attach(AS_ANN, "session/2", (0, 2))

HEARD_BEFORE, HEARD = Resume(AS_ANN, (0, 1), "", 1), Resume(AS_ANN, (0, 2), "", 1)


def ended(seq: int, reason: str = "", epoch: str = "") -> RideEnded:
    return RideEnded(RIDE, by="ops", reason=reason, seq=seq, epoch=epoch, fee=0)


def whole(seq: int, recovered: bool = False) -> PassengerSnapshot:
    return PassengerSnapshot(RIDE, "pending", None, None, recovered, seq=seq)


def watched(*messages: Any) -> list[str]:
    """The ride gets what a ride is told; everything else goes to the connection that was attached last.

    A number goes ahead to the last that the ride has given. A float is a time that passes.
    """
    violations, session, given, now = Violations(), "", 0, 1.0
    streams = Streams(violations, lambda address: given)
    for message in messages:
        if isinstance(message, int):
            given = message
        elif isinstance(message, float):
            now += message
        elif isinstance(message, Attach | Resume):
            session = message.session if isinstance(message, Attach) else session
            streams(now, ME, message)
        else:
            streams(now, session, message)
            given = max(given, message.seq)
    return [violation.split(" s ", 1)[1].split(":", 1)[0] for violation in violations]


@pytest.mark.parametrize(
    ("messages", "broken"),
    [
        ((FIRST, ended(1), ended(2), ended(1), ended(3)), []),
        ((FIRST, ended(1), ended(3)), ["no-gap"]),
        ((FIRST, ended(1), whole(5), ended(6)), []),
        ((FIRST, ended(1), whole(5, recovered=True)), ["no-gap"]),
        ((FIRST, ended(1), ended(1, "something else")), ["one-number"]),
        ((FIRST, ended(1), SECOND, ended(1, "something else", "another")), []),
        (
            (
                FIRST,
                Attach(AS_ANN, "session/2", (0, 2), Resume(AS_ANN, (0, 2), "", 1)),
                ended(2),
                whole(3, recovered=True),
            ),
            [],
        ),
        ((FIRST, Attach(AS_ANN, "session/2", (0, 2), Resume(AS_ANN, (0, 2), "", 1)), ended(3)), ["no-gap"]),
        ((FIRST, ended(1), ended(2), SECOND, ended(1), ended(3), ended(4)), []),
        ((FIRST, ended(1), ended(2), SECOND, ended(1), whole(3), ended(5)), ["no-gap"]),
        ((FIRST, ended(1), 4, SECOND, ended(3), ended(5)), []),
        ((FIRST, ended(1), 4, SECOND, ended(3), ended(6)), ["no-gap"]),
        ((FIRST, ended(1), 4, SECOND, ended(6), whole(7)), ["no-gap"]),
        ((FIRST, ended(1), SECOND, ended(2), WHOLE_WITHIN_S + 1.0, whole(3), ended(4)), []),
        ((FIRST, ended(1), SECOND, ended(2), WHOLE_WITHIN_S + 1.0, ended(3)), ["snapshot-first"]),
        ((FIRST, ended(1), WHOLE_WITHIN_S + 1.0, ended(2)), []),
        ((FIRST, ended(1), SECOND, whole(2, recovered=True), WHOLE_WITHIN_S + 1.0, ended(3)), ["snapshot-first"]),
        ((FIRST, ended(1), SECOND, HEARD, whole(2, recovered=True), WHOLE_WITHIN_S + 1.0, ended(3)), []),
        ((FIRST, ended(1), SECOND, HEARD, ended(2), WHOLE_WITHIN_S + 1.0, ended(3)), ["snapshot-first"]),
        (
            (FIRST, ended(1), SECOND, HEARD_BEFORE, whole(2, recovered=True), WHOLE_WITHIN_S + 1.0, ended(3)),
            ["snapshot-first"],
        ),
        (
            (
                FIRST,
                *map(ended, (1, 2, 3)),
                Resume(AS_ANN, (0, 1), "", 1),
                ended(2),
                ended(3),
                whole(4, recovered=True),
            ),
            [],
        ),
        (
            (FIRST, *map(ended, (1, 2, 3)), Resume(AS_ANN, (0, 1), "", 1), ended(3), whole(4, recovered=True)),
            ["no-gap"],
        ),
    ],
    ids=str,
)
def test_a_stream_is_as_it_should_be_or_what_is_wrong_is_seen(messages: tuple[Any, ...], broken: list[str]) -> None:
    assert watched(*messages) == broken
