"""Deadlines and liveness, on a clock that is moved by hand."""

from dispatch.transport.ws.edge import Deadlines, Liveness


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class TestDeadlines:
    def setup_method(self) -> None:
        self.clock = Clock()
        self.overdue: list[str] = []
        self.deadlines = Deadlines(3.0, self.clock, self.overdue.append)

    def pass_time(self, seconds: float) -> list[str]:
        """What is overdue after so long."""
        self.clock.now += seconds
        self.deadlines.tick()
        found, self.overdue[:] = list(self.overdue), []
        return found

    def test_what_is_not_over_in_time_is_overdue_once_and_the_oldest_first(self) -> None:
        self.deadlines.start("a")
        assert self.pass_time(1.0) == []
        self.deadlines.start("b")
        self.deadlines.start("c")
        assert self.pass_time(2.0) == ["a"]
        assert self.pass_time(1.0) == ["b", "c"]
        assert self.pass_time(100.0) == []

    def test_what_is_over_in_time_is_forgotten(self) -> None:
        self.deadlines.start("a")
        self.deadlines.cancel("a")
        self.deadlines.cancel("never started")
        assert self.pass_time(100.0) == []

    def test_a_running_deadline_is_not_moved_by_starting_it_again(self) -> None:
        self.deadlines.start("a")
        assert self.pass_time(2.0) == []
        self.deadlines.start("a")
        assert self.pass_time(1.0) == ["a"]

    def test_of_more_than_so_many_the_oldest_is_overdue_at_once(self) -> None:
        self.deadlines = Deadlines(3.0, self.clock, self.overdue.append, most=2)
        for thing in "aabac":
            self.deadlines.start(thing)
        assert self.overdue == ["a"]
        self.deadlines.cancel("b")
        self.deadlines.start("d")
        assert self.overdue == ["a"]
        self.deadlines.start("e")
        assert self.pass_time(3.0) == ["a", "c", "d", "e"]


class Phone:
    """A link that notes what is done to it; with `answers` it answers each ping."""

    def __init__(self, clock: Clock, answers: bool = False) -> None:
        self.clock, self.answers = clock, answers
        self.last_heard: float | None = clock.now
        self.pinged_at = 0.0
        self.log: list[tuple[float, str]] = []

    def ping(self) -> None:
        self.log.append((self.clock.now - 1000.0, "ping"))
        if self.answers:
            self.last_heard = self.clock.now

    def silent(self) -> None:
        self.log.append((self.clock.now - 1000.0, "dead"))
        self.last_heard = None


class TestLiveness:
    def setup_method(self) -> None:
        self.clock = Clock()
        self.liveness = Liveness(5.0, 12.0, 0.25, self.clock)

    def phone(self, answers: bool = False) -> Phone:
        phone = Phone(self.clock, answers)
        self.liveness.watch(phone)
        return phone

    def run_until(self, second: float) -> None:
        while self.clock.now < 1000.0 + second:
            self.clock.now += 0.25
            self.liveness.tick()

    def test_a_silent_link_is_pinged_once_after_5_s_and_dead_after_12_s(self) -> None:
        phone = self.phone()
        self.run_until(60)
        assert phone.log == [(5.0, "ping"), (12.0, "dead")]

    def test_a_link_that_answers_pings_lives_on(self) -> None:
        phone = self.phone(answers=True)
        self.run_until(60)
        assert {what for _, what in phone.log} == {"ping"}
        assert len(phone.log) == 12

    def test_a_link_that_is_heard_is_never_pinged(self) -> None:
        phone = self.phone()
        for second in range(1, 60):
            self.run_until(second)
            phone.last_heard = self.clock.now
        assert phone.log == []

    def test_the_12_s_count_from_when_it_was_last_heard(self) -> None:
        phone = self.phone()
        self.run_until(3)
        phone.last_heard = self.clock.now
        self.run_until(60)
        assert phone.log == [(8.0, "ping"), (15.0, "dead")]

    def test_a_link_that_answered_pings_for_a_while_is_dead_12_s_after_the_last_answer(self) -> None:
        phone = self.phone(answers=True)
        self.run_until(31)
        phone.answers = False
        assert phone.last_heard is not None
        heard_at = phone.last_heard - 1000.0
        self.run_until(90)
        assert phone.log[-1] == (heard_at + 12.0, "dead")

    def test_a_link_that_is_over_is_left_alone(self) -> None:
        phone = self.phone()
        phone.last_heard = None
        self.run_until(60)
        assert phone.log == []

    def test_a_pause_of_the_server_itself_kills_nobody_who_answers_afterwards(self) -> None:
        prompt, slow, gone = self.phone(answers=True), self.phone(), self.phone()
        self.clock.now += 35
        self.run_until(38)
        slow.last_heard = self.clock.now
        self.run_until(42)
        assert [what for _, what in prompt.log] == ["ping", "ping"]
        assert [what for _, what in slow.log] == ["ping"]
        assert [what for _, what in gone.log] == ["ping", "dead"]

    def test_a_long_ping_setting_cannot_postpone_death(self) -> None:
        self.liveness = Liveness(60.0, 2.0, 0.25, self.clock)
        phone = self.phone()
        self.run_until(10)
        assert phone.log == [(1.0, "ping"), (2.0, "dead")]

    def test_a_tick_touches_only_links_that_may_be_due(self) -> None:
        touched = []

        class Watched(Phone):
            @property  # type: ignore[override]
            def last_heard(self) -> float | None:
                touched.append(self)
                return 0.0

            @last_heard.setter
            def last_heard(self, at: float | None) -> None: ...

        for _ in range(100):
            self.liveness.watch(Watched(self.clock))
        self.run_until(4.75)
        assert touched == []
