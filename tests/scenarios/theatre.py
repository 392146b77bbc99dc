"""What scenario tests share: stages that are watched to their end, every order of deliveries, and hands that do harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from dispatch.runtime import Actor
from sim.city.model import MODEL_DAY
from sim.stories.crash_points import CrashPoints, Died
from sim.stories.stage import Stage, StagePerson
from sim.world import WorldOptions


class Theatre:
    """Makes stages. Each one is played to its end before the next begins, and must have broken no invariant by then."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._told = ""

    def __call__(
        self, seed: int | str = 7, *, told: object = "", options: WorldOptions | None = None, **settings: Any
    ) -> Stage:
        """A new stage. `told` says in a failure which of many stories it was."""
        self.close()
        self._stage, self._told = Stage(seed, options=options, **settings), str(told)
        return self._stage

    def permuted(self, seed: int | str, **settings: Any) -> Stage:
        """A new stage on which deliveries that fall on the same instant come in an order drawn from the seed."""
        return self(seed, told=f"permuted by seed {seed}", options=WorldOptions(permute=True), **settings)

    def in_order(self, dice: Dice, **settings: Any) -> Stage:
        """A new stage on which deliveries that fall on the same instant come as `dice` say."""
        stage = self(told=f"surprises {dice.surprises}", options=WorldOptions(permute=True), **settings)
        dice.runtime = stage.world.runtime
        stage.world.runtime._dice = dice
        return stage

    def dying(
        self, tell: Callable[[Stage], object], point: str, until: float, *, down_s: float = 0.0, **options: Any
    ) -> Stage:
        """A stage whose story runs until the server's process dies at this point, see `every_point`, and it has started again."""
        stage, points = self(told=f"dies {point}", **options), CrashPoints(point)
        stage.world.runtime.observe(points)
        tell(stage)
        with pytest.raises(Died):
            stage.run(until=until)
        stage.crashes(down_s=down_s)
        return stage

    def close(self) -> None:
        """The last stage ends."""
        stage, self._stage = self._stage, None
        if stage is not None:
            broken = stage.end()
            assert broken == [], f"seed {stage.world.runtime.seed}, {self._told or 'the only story'}: {broken}"


def news(person: StagePerson) -> list[str]:
    """What somebody heard, by type, but for the snapshots that tell of a gap and of nothing new."""
    return [frame_type for frame_type in person.story() if frame_type != "snapshot"]


class Dice:
    """Stands in for a permuted runtime's dice: throws 0 but for its `surprises`, by the number of the throw.

    Before second `since` nothing is permuted, and what then has no alternative is no throw.
    """

    runtime: Any

    def __init__(self, surprises: dict[int, int], since: float) -> None:
        self.surprises = surprises
        self.faces: list[int] = []
        self._since = since

    def randrange(self, faces: int) -> int:
        if faces == 1 or self.runtime.now - MODEL_DAY < self._since:
            return 0
        self.faces.append(faces)
        return self.surprises.get(len(self.faces) - 1, 0)


def every_order(*, since: float, surprises: int = 2) -> Iterator[Dice]:
    """Dice for one run each: together every order of deliveries that differs from the plain one in at most so many places."""
    untried: list[dict[int, int]] = [{}]
    while untried:
        dice = Dice(untried.pop(), since)
        yield dice
        if len(dice.surprises) < surprises:
            first = max(dice.surprises, default=-1) + 1
            untried += [
                {**dice.surprises, number: face}
                for number in range(first, len(dice.faces))
                for face in range(1, dice.faces[number])
            ]


def every_point(tell: Callable[[Stage], object], since: float, until: float, **options: Any) -> list[str]:
    """The names of all points between these seconds of a story at which the server's process may die."""
    stage, points = Stage(7, **options), CrashPoints()
    stage.world.runtime.observe(points)
    tell(stage)
    stage.run(until=since)
    before = len(points.passed)
    stage.run(until=until)
    return points.passed[before:]


class Harm(Exception):
    """A bug that a test put there."""


def hurt(
    monkeypatch: pytest.MonkeyPatch,
    actor_type: type[Actor],
    message_type: type,
    when: Callable[[Any, Any], bool] = lambda actor, message: True,
    *,
    times: int = 1,
    after: bool = False,
) -> list[Any]:
    """The handler of this message raises the first so many `times` that `when` holds, before or `after` it did its work.

    Returns the messages that hurt, as they come.
    """
    handle = actor_type.handlers[message_type]
    hurting: list[Any] = []

    def raising(actor: Any, message: Any) -> None:
        hurts = len(hurting) < times and when(actor, message)
        if hurts:
            hurting.append(message)
        if not hurts or after:
            handle(actor, message)
        if hurts:
            raise Harm(f"{message_type.__name__} hurts")

    monkeypatch.setitem(actor_type.handlers, message_type, raising)
    return hurting


def nth(number: int) -> Callable[[Any, Any], bool]:
    """For `hurt`: at the so manieth message of its type, counted from 1."""
    seen = count(1)
    return lambda actor, message: next(seen) == number
