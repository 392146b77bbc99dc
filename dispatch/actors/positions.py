"""Where positions enter a zone. This is a sink and no actor: a mailbox would double what a position costs."""

from dispatch import addresses
from dispatch.domain.places.positions import NEWS, Judgement, PositionBoard
from dispatch.ids import DriverId
from dispatch.messages.matching import DriverAt, DriverSeen, PositionsJudged, ReportPositions, Seen
from dispatch.runtime import Runtime


class PositionsSink:
    """Writes what gateways report onto the board of a zone, and tells its dispatcher of drivers whom the board knows again."""

    def __init__(self, runtime: Runtime, board: PositionBoard, zone: str) -> None:
        self._runtime = runtime
        self._board = board
        self._dispatcher = addresses.dispatcher(zone)

    def deliver(self, message: DriverAt | ReportPositions) -> None:
        """Judge each position as if it had come alone, in order, and answer whoever wants to know."""
        driver_id = message.driver_id
        if isinstance(message, DriverAt):
            if self._board.report(driver_id, message.lat, message.lon, message.at) == NEWS:
                self.is_seen(driver_id)
            return
        verdicts = tuple([each if isinstance(each, str) else self._judge(driver_id, each) for each in message.seen])
        if NEWS in verdicts:
            self.is_seen(driver_id)
        if message.reply_to is not None:
            self._runtime.tell(message.reply_to, PositionsJudged(message.id, verdicts, message.is_batch))

    def is_seen(self, driver_id: DriverId) -> None:
        """The board knows a fresh position of this driver after it did not."""
        self._runtime.tell(self._dispatcher, DriverSeen(driver_id))

    def _judge(self, driver_id: DriverId, seen: Seen) -> Judgement:
        lat, lon, at, heading = seen
        now = self._runtime.now
        if at == now:
            return self._board.report(driver_id, lat, lon, at, heading)
        return self._board.report_late(driver_id, lat, lon, at, now, heading)
