"""What becomes of a message whose handler failed. The runtime asks; the composition root chooses."""

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from dispatch.addresses import kind_of


class DeadLetter(NamedTuple):
    """A message that will never be handled, and why."""

    at: float
    address: str
    message: Any
    reason: str


class FailureVerdict(NamedTuple):
    """Which address to quarantine instead of rebuilding the one that failed; None: rebuild."""

    quarantine: str | None


class Failure(Protocol):
    """Callback on every failure that was survived: address, message, exception, error id."""

    def __call__(self, address: str, message: Any, error: BaseException, error_id: str) -> None: ...


MOST_BLAMED = 1_000
"""Once so many addresses have failed, those are forgotten whose last failure is too old to count."""


class Supervisor:
    """Sets the message aside, and counts: `most` failures within `within_s` quarantine.

    A kind in `spared` is never quarantined itself; `culprit` names the address that its message was about.
    """

    def __init__(
        self,
        *,
        most: int = 3,
        within_s: float = 5.0,
        spared: frozenset[str] = frozenset(),
        culprit: Callable[[Any], str | None] = lambda message: None,
        report: Failure | None = None,
    ) -> None:
        self._most = most
        self._within_s = within_s
        self._spared = spared
        self._culprit = culprit
        self._report = report
        self._failures: dict[str, deque[float]] = {}
        self.count = 0

    def failed(self, at: float, address: str, message: Any, error: BaseException) -> FailureVerdict:
        """Judge one failure at Unix second `at`."""
        self.count += 1
        blamed: str | None = address
        if kind_of(address) in self._spared:
            blamed = self._culprit(message)
        if self._report is not None:
            self._report(address, message, error, self.error_id)
        if blamed is None:
            return FailureVerdict(None)
        if len(self._failures) >= MOST_BLAMED:
            self._failures = {who: times for who, times in self._failures.items() if at - times[-1] <= self._within_s}
        recent = self._failures.setdefault(blamed, deque(maxlen=self._most))
        recent.append(at)
        if len(recent) == self._most and at - recent[0] <= self._within_s:
            del self._failures[blamed]
            return FailureVerdict(blamed)
        return FailureVerdict(None)

    @property
    def error_id(self) -> str:
        """Names the last failure on the wire and in the log."""
        return f"e{self.count}"


class DeadLetters:
    """The last dead letters and a count of all, by reason."""

    def __init__(self, keep: int = 1000) -> None:
        self.recent: deque[DeadLetter] = deque(maxlen=keep)
        self.counts: Counter[str] = Counter()

    def add(self, at: float, address: str, message: Any, reason: str, counted_as: str = "") -> None:
        """Set one aside. `counted_as`: the reason in a word, where the reason itself may hold what nobody may read."""
        self.recent.append(DeadLetter(at, address, message, reason))
        self.counts[counted_as or reason] += 1
