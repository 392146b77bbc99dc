"""The provider of payments in virtual time. It collects each charge once, after a delay, and may lose requests and answers."""

from dispatch.ids import RideId
from dispatch.messages.providers import CollectFare, FareCollected, FareDeclined, FareUnknown
from dispatch.ports import Post
from dispatch.values import Money


class VirtualPayments:
    """A sink outside the server: what it collected outlives a crash of the server. `collected` and `declined`: amounts by ride."""

    def __init__(
        self,
        runtime: Post,
        *,
        delay_s: tuple[float, float] = (0.2, 3.0),
        decline_rate: float = 0.0,
        trouble_rate: float = 0.0,
    ) -> None:
        """`delay_s`: the shortest and the longest answer. `decline_rate`: the share of charges that are refused for good.
        `trouble_rate`: the share of questions after which nobody knows: half of those were carried out, and half are not even answered.
        """
        self._runtime = runtime
        self._dice = runtime.rng("payments")
        self._delay_s = delay_s
        self._decline_rate = decline_rate
        self._trouble_rate = trouble_rate
        self.collected: dict[RideId, Money] = {}
        self.declined: dict[RideId, Money] = {}

    def deliver(self, question: CollectFare) -> None:
        """Answer after a delay, or never."""
        dice, number, delay_s = self._dice, question.number, self._dice.uniform(*self._delay_s)
        in_trouble = dice.random() < self._trouble_rate
        if not in_trouble or dice.random() < 0.5:
            self._decide(question)
        if in_trouble:
            if dice.random() < 0.5:
                unknown = FareUnknown(number, "the provider is in trouble")
                self._runtime.set_timer(delay_s, question.reply_to, unknown)
            return
        answer = (
            FareCollected(number, f"virtual-{question.ride_id}")
            if question.ride_id in self.collected
            else FareDeclined(number, "the card was refused")
        )
        self._runtime.set_timer(delay_s, question.reply_to, answer)

    def _decide(self, question: CollectFare) -> None:
        """Collect or decline, once for each ride."""
        ride_id = question.ride_id
        if ride_id not in self.collected and ride_id not in self.declined:
            refused = self._dice.random() < self._decline_rate
            (self.declined if refused else self.collected)[ride_id] = question.amount
