"""Where positions enter a zone: judged one by one, told on where they are news, answered where somebody wants to know."""

from typing import Any

from dispatch import addresses
from dispatch.actors.positions import PositionsSink
from dispatch.domain.places.positions import BELIEVED, IMPOSSIBLE_SPEED, NEWS, TOO_OLD, PositionBoard
from dispatch.ids import DriverId
from dispatch.messages.matching import DriverSeen, PositionsJudged, ReportPositions
from dispatch.runtime import VirtualRuntime
from dispatch.values import Fix

D1, HERE = DriverId("d1"), (-26.2, 28.0)
NOW = 1_000.0


class Town:
    """The board of zone `west`, its dispatcher and one app."""

    def __init__(self) -> None:
        self.runtime, self.board = VirtualRuntime(1, start_at=NOW), PositionBoard()
        self.heard: list[Any] = []
        self.runtime.sink(addresses.positions("west"), PositionsSink(self.runtime, self.board, "west"))
        for address in (addresses.dispatcher("west"), "session/1"):
            self.runtime.sink(address, self)

    def deliver(self, message: Any) -> None:
        self.heard.append(message)

    def says(self, *seen: Any, **told: Any) -> list[Any]:
        """What is heard of a report of these positions."""
        self.runtime.tell(addresses.positions("west"), ReportPositions(D1, seen, **told))
        heard, self.heard = self.heard, []
        return heard


def test_a_position_is_on_the_board_when_the_report_is_told_and_the_dispatcher_hears_of_news_alone() -> None:
    town = Town()
    assert town.says((*HERE, NOW, 90.0)) == [DriverSeen(D1)]
    assert town.board.position(D1) == Fix(*HERE, NOW, 90.0)
    assert town.says((*HERE, NOW, 90.0)) == []


def test_each_position_is_judged_at_its_own_time_and_what_the_gateway_refused_keeps_its_word() -> None:
    town = Town()
    old, far = (*HERE, NOW - 10_000.0, None), (10.0, 10.0, NOW, None)
    report = ((*HERE, NOW - 1.0, None), old, "not_accurate", far, (*HERE, NOW, None))
    verdicts = (NEWS, TOO_OLD, "not_accurate", IMPOSSIBLE_SPEED, BELIEVED)
    assert town.says(*report, reply_to="session/1", id="k1", is_batch=True) == [
        DriverSeen(D1),
        PositionsJudged("k1", verdicts, True),
    ]
