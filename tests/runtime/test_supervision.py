"""A failure costs one message; three in five seconds cost the actor; nothing costs anybody else."""

from typing import Any

import msgspec
import pytest

from dispatch.messages.base import Undelivered
from dispatch.runtime import Actor, DeadLetter, PermutedRuntime, Supervisor, VirtualRuntime, receives
from dispatch.runtime.supervision import MOST_BLAMED

BOOM = "ValueError('boom')"


class Letter(msgspec.Struct, frozen=True):
    text: str
    about: str | None = None


class Reader(Actor):
    """Fails on `boom`; told to `pass it on`, tells `boom` to whom the letter is about."""

    set_aside: "list[tuple[Reader, Any, str]]"

    def on_start(self) -> None:
        self.read: list[str] = []

    def carry_over(self, before: Any) -> None:
        self.predecessor = before

    def on_set_aside(self, message: Any, error_id: str) -> None:
        self.set_aside.append((self, message, error_id))

    @receives(Letter)
    def _on_letter(self, message: Letter) -> None:
        if message.text == "boom":
            raise ValueError("boom")
        if message.text == "pass it on":
            assert message.about is not None
            self.runtime.tell(message.about, Letter("boom"))
        self.read.append(message.text)

    def on_quarantine(self, error_id: str) -> None:
        self.runtime.tell("session/1", Letter(f"{self.address} is out of service: {error_id}"))


class Told:
    """The session that is told of quarantines."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def deliver(self, message: Letter) -> None:
        self.texts.append(message.text)


class Asker:
    """Keeps what comes to the address of one question."""

    def __init__(self) -> None:
        self.answers: list[Any] = []

    def deliver(self, message: Any) -> None:
        self.answers.append(message)


class House:
    """Rides, drivers and a dispatcher, supervised as the live server's."""

    def __init__(self, kind: type[VirtualRuntime] = VirtualRuntime, **options: Any) -> None:
        self.reported: list[tuple[str, Any, str, str]] = []
        self.supervisor = Supervisor(
            spared=frozenset({"dispatcher"}),
            culprit=lambda message: message.about,
            report=lambda address, message, error, error_id: self.reported.append(
                (address, message, repr(error), error_id)
            ),
            **options,
        )
        self.runtime = kind(1, supervisor=self.supervisor)
        self.told = Told()
        self.set_aside: list[tuple[Reader, Any, str]] = []
        self.broken: list[str] = []
        """These addresses cannot be made."""
        self.runtime.sink("session/1", self.told)
        for name in ("ride", "driver", "dispatcher"):
            self.runtime.factory(name, self._make)
        for address in ("ride/1", "ride/2", "driver/1", "dispatcher/0"):
            self.runtime.spawn(Reader(self.runtime, address))

    def _make(self, address: str, message: Any) -> Reader:
        if address in self.broken:
            raise OSError("no record")
        reader = Reader(self.runtime, address)
        reader.set_aside = self.set_aside
        return reader

    def tell(self, address: str, *texts: str, about: str | None = None) -> None:
        for text in texts:
            self.runtime.tell(address, Letter(text, about))
        self.runtime.run()

    def fail_at(self, address: str, *seconds: float, about: str | None = None) -> None:
        for at in seconds:
            self.runtime.run(until_s=at)
            self.tell(address, "boom", about=about)

    def reader(self, address: str) -> Reader:
        found = self.runtime.actor(address)
        assert isinstance(found, Reader), f"nobody at {address}"
        return found

    def is_quarantined(self, address: str) -> bool:
        self.runtime.wake(address)
        return self.runtime.actor(address) is None


@pytest.fixture
def house() -> House:
    return House()


class TestOneFailure:
    def test_the_message_is_set_aside_with_its_reason(self, house: House) -> None:
        house.runtime.run(until_s=2.0)
        house.tell("ride/1", "boom")
        assert list(house.runtime.dead_letters.recent) == [DeadLetter(2.0, "ride/1", Letter("boom"), BOOM)]
        assert house.runtime.dead_letters.counts == {"ValueError": 1}

    def test_the_actor_is_rebuilt_and_the_mail_behind_it_kept(self, house: House) -> None:
        before = house.reader("ride/1")
        house.tell("ride/1", "before", "boom", "behind", "and behind that")
        after = house.reader("ride/1")
        assert (before.read, after.read) == (["before"], ["behind", "and behind that"])
        assert after.predecessor is before
        assert not before.actor_ref.is_alive()

    def test_the_failure_is_reported_with_an_id_of_its_own(self, house: House) -> None:
        house.tell("ride/1", "boom")
        house.tell("ride/2", "boom")
        assert house.reported == [
            ("ride/1", Letter("boom"), BOOM, "e1"),
            ("ride/2", Letter("boom"), BOOM, "e2"),
        ]
        assert house.supervisor.count == 2

    def test_the_next_incarnation_is_told_which_message_was_set_aside_and_the_id(self, house: House) -> None:
        house.tell("ride/1", "boom")
        assert house.set_aside == [(house.reader("ride/1"), Letter("boom"), "e1")]

    def test_nobody_else_notices(self, house: House) -> None:
        others = [house.reader(address) for address in ("ride/2", "driver/1", "dispatcher/0")]
        house.tell("ride/1", "boom")
        for other in others:
            assert house.reader(other.address) is other
        assert house.told.texts == []

    def test_a_sender_does_not_hear_of_a_failure_of_the_receiver(self, house: House) -> None:
        house.tell("ride/2", "pass it on", "next", about="ride/1")
        assert house.reader("ride/2").read == ["pass it on", "next"]
        assert [address for address, *_ in house.reported] == ["ride/1"]

    def test_a_thousand_failures_cost_a_thousand_messages(self) -> None:
        house = House(within_s=0.5)
        for second in range(1_000):
            house.fail_at("ride/1", float(second))
            house.tell("ride/1", f"letter {second}")
            assert house.reader("ride/1").read == [f"letter {second}"]
        assert house.supervisor.count == 1_000
        assert not house.is_quarantined("ride/1")

    def test_an_actor_that_retired_in_the_turn_that_failed_is_not_brought_back(self, house: House) -> None:
        class Leaving(Reader):
            @receives(Letter)
            def _on_letter(self, message: Letter) -> None:
                self.runtime.retire(self.address)
                raise ValueError("boom")

        house.runtime.spawn(Leaving(house.runtime, "ride/3"))
        house.tell("ride/3", "go")
        assert house.runtime.actor("ride/3") is None
        assert [address for address, *_ in house.reported] == ["ride/3"]


class TestQuarantine:
    def test_three_failures_in_five_seconds_put_that_one_actor_out_of_service(self, house: House) -> None:
        house.fail_at("ride/1", 0.0, 2.5, 5.0)
        assert house.is_quarantined("ride/1")
        assert house.runtime.actor("ride/1") is None
        assert not any(reader.actor_ref.is_alive() for reader, _, _ in house.set_aside)
        assert not any(house.is_quarantined(address) for address in ("ride/2", "driver/1", "dispatcher/0"))

    def test_three_failures_in_a_little_more_do_not(self, house: House) -> None:
        house.fail_at("ride/1", 0.0, 2.5, 5.001)
        assert not house.is_quarantined("ride/1")
        house.fail_at("ride/1", 7.0)
        assert house.is_quarantined("ride/1"), "2.5, 5.001 and 7.0"

    def test_failures_of_different_actors_do_not_add_up(self, house: House) -> None:
        for address in ("ride/1", "ride/2", "driver/1"):
            house.fail_at(address, 0.0, 0.0)
        assert not any(house.is_quarantined(address) for address in ("ride/1", "ride/2", "driver/1"))

    def test_whoever_depends_on_the_actor_is_told_with_the_id_of_the_last_failure(self, house: House) -> None:
        house.fail_at("ride/1", 0.0, 1.0, 2.0)
        assert house.told.texts == ["ride/1 is out of service: e3"]
        assert [error_id for _, _, error_id in house.set_aside] == ["e1", "e2"], "the third has no next incarnation"

    def test_whoever_waits_for_an_answer_to_the_last_straw_gets_it_back(self, house: House) -> None:
        house.fail_at("ride/1", 0.0, 1.0)
        asker = Asker()
        house.runtime.sink("request/1", asker)
        house.runtime.tell("ride/1", Letter("boom"), "request/1")
        house.runtime.run()
        assert house.is_quarantined("ride/1")
        assert asker.answers == [Undelivered("ride/1", Letter("boom"), is_gone=True)]

    @pytest.mark.parametrize("kind", [VirtualRuntime, PermutedRuntime])
    def test_mail_that_waited_and_all_later_mail_is_dead(self, kind: type[VirtualRuntime]) -> None:
        house = House(kind)
        house.fail_at("ride/1", 0.0, 1.0)
        waiting = [Letter("boom"), Letter("waits")]

        class Burst(Reader):
            """One sender, so that the order is kept everywhere."""

            @receives(Letter)
            def _on_letter(self, message: Letter) -> None:
                for letter in waiting:
                    self.runtime.tell("ride/1", letter)

        house.runtime.spawn(Burst(house.runtime, "ride/8"))
        house.tell("ride/8", "go")
        house.runtime.tell("ride/1", Letter("later"))
        dead = [letter for letter in house.runtime.dead_letters.recent if letter.reason == "quarantined"]
        assert [letter.message.text for letter in dead] == ["waits", "later"]

    def test_timers_of_a_quarantined_actor_are_dropped(self, house: House) -> None:
        house.runtime.set_timer(9.0, "ride/1", Letter("due"))
        house.runtime.quarantine("ride/1", "e0")
        house.runtime.run()
        assert (house.runtime.now, house.runtime.actor("ride/1")) == (9.0, None)

    def test_an_address_may_be_quarantined_while_it_sleeps(self, house: House) -> None:
        house.runtime.retire("ride/1")
        house.runtime.quarantine("ride/1", "e0")
        assert house.is_quarantined("ride/1")

    def test_how_many_failures_in_how_long_can_be_chosen(self) -> None:
        house = House(most=2, within_s=1.0)
        house.fail_at("ride/1", 0.0, 1.1)
        assert not house.is_quarantined("ride/1")
        house.fail_at("ride/1", 1.2)
        assert house.is_quarantined("ride/1")


def test_after_a_verdict_the_count_starts_anew() -> None:
    supervisor, error = Supervisor(), ValueError("boom")
    verdicts = [supervisor.failed(0.0, "ride/1", Letter("boom"), error).quarantine for _ in range(7)]
    assert verdicts == [None, None, "ride/1", None, None, "ride/1", None]


def test_whose_failures_lie_far_back_is_forgotten() -> None:
    supervisor, error = Supervisor(within_s=5.0), ValueError("boom")
    for number in range(3 * MOST_BLAMED):
        supervisor.failed(float(number), f"ride/{number}", Letter("boom"), error)
    assert len(supervisor._failures) <= MOST_BLAMED
    last = f"ride/{3 * MOST_BLAMED - 1}"
    verdicts = [supervisor.failed(3.0 * MOST_BLAMED, last, Letter("boom"), error).quarantine for _ in range(2)]
    assert verdicts == [None, last], "what is not far back counts on"


class TestSparedKinds:
    def test_a_dispatcher_is_never_quarantined_but_the_one_its_messages_were_about_is(self, house: House) -> None:
        house.fail_at("dispatcher/0", 0.0, 1.0, 2.0, about="driver/1")
        assert house.is_quarantined("driver/1")
        assert not house.is_quarantined("dispatcher/0")
        assert house.told.texts == ["driver/1 is out of service: e3"]

    def test_a_dispatcher_is_rebuilt_after_every_failure_and_reads_on(self, house: House) -> None:
        lives = [house.reader("dispatcher/0")]
        for _ in range(4):
            house.tell("dispatcher/0", "boom", "behind", about="driver/1")
            lives.append(house.reader("dispatcher/0"))
            assert lives[-1].read == ["behind"]
        assert len({id(life) for life in lives}) == 5

    def test_different_culprits_do_not_add_up(self, house: House) -> None:
        for about in ("ride/1", "ride/2", "driver/1"):
            house.fail_at("dispatcher/0", 0.0, 0.0, about=about)
        assert not any(house.is_quarantined(address) for address in ("ride/1", "ride/2", "driver/1"))

    def test_a_message_about_nobody_puts_nobody_out_of_service(self, house: House) -> None:
        house.fail_at("dispatcher/0", 0.0, 0.1, 0.2, 0.3)
        assert house.told.texts == []
        assert house.reader("dispatcher/0").read == []

    def test_a_culprits_own_failures_and_those_it_caused_add_up(self, house: House) -> None:
        house.fail_at("dispatcher/0", 0.0, about="driver/1")
        house.fail_at("driver/1", 1.0, 2.0)
        assert house.is_quarantined("driver/1")


class TestFailuresToWake:
    """An address that cannot be made fails for itself: whoever tells it something goes on."""

    def test_the_sender_goes_on_and_the_failure_is_reported_for_the_address(self, house: House) -> None:
        house.broken.append("ride/7")
        house.tell("ride/2", "pass it on", about="ride/7")
        assert house.reader("ride/2").read == ["pass it on"]
        assert house.reported == [("ride/7", Letter("boom"), "OSError('no record')", "e1")]
        assert [(dead.address, dead.reason) for dead in house.runtime.dead_letters.recent] == [
            ("ride/7", "nobody there")
        ]

    def test_an_address_that_keeps_failing_to_wake_is_quarantined(self, house: House) -> None:
        house.broken.append("ride/7")
        for _ in range(3):
            house.runtime.tell("ride/7", Letter("book"))
        house.broken.clear()
        assert house.is_quarantined("ride/7")

    def test_an_actor_that_cannot_be_rebuilt_sleeps_and_its_next_mail_tries_again(self, house: House) -> None:
        house.broken.append("ride/1")
        house.tell("ride/1", "boom", "waits")
        assert house.runtime.actor("ride/1") is None
        assert [error for _, _, error, _ in house.reported] == [BOOM, "OSError('no record')"]
        assert [dead.message.text for dead in house.runtime.dead_letters.recent] == ["boom", "waits"]
        house.broken.clear()
        house.tell("ride/1", "again")
        assert house.reader("ride/1").read == ["again"]

    def test_an_actor_that_cannot_be_rebuilt_for_the_third_time_is_quarantined_and_says_so(self, house: House) -> None:
        house.fail_at("ride/1", 0.0)
        house.broken.append("ride/1")
        house.tell("ride/1", "boom")
        house.broken.clear()
        assert house.is_quarantined("ride/1")
        assert house.told.texts == ["ride/1 is out of service: e3"]
