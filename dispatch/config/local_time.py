"""Local time, for rules that depend on the hour of the day. The composition root makes it."""

from datetime import datetime, time
from zoneinfo import ZoneInfo


class LocalTime:
    """Unix seconds as local times of one zone."""

    def __init__(self, zone: str) -> None:
        """`zone`: a name of the IANA database."""
        self._zone = ZoneInfo(zone)
        self._minute, self._hour = -1.0, 0.0

    def minute_of_day(self, at: float) -> int:
        """Local minutes since midnight, 0 to 1439."""
        moment = datetime.fromtimestamp(at, self._zone)
        return 60 * moment.hour + moment.minute

    def hour(self, at: float) -> float:
        """Local hours since midnight with a fraction, in [0, 24): 17.5 is half past five in the afternoon."""
        minute, seconds = divmod(at, 60.0)
        if minute != self._minute:  # every offer of a minute asks this
            moment = datetime.fromtimestamp(minute * 60.0, self._zone)
            self._minute, self._hour = minute, moment.hour + moment.minute / 60.0
        return self._hour + seconds / 3600.0

    def moment(self, written: str, now: float) -> float:
        """The Unix second that a local date and time stands for; a time of day alone is today's."""
        if written[2] == ":":
            today = datetime.fromtimestamp(now, self._zone)
            moment = datetime.combine(today.date(), time.fromisoformat(written), self._zone)
        else:
            moment = datetime.fromisoformat(written).replace(tzinfo=self._zone)
        return moment.timestamp()
