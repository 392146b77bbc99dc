"""Rules about inheritance: short chains of classes, and no base that calls what only its subclasses have."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from textwrap import dedent

import msgspec
import pytest

import dispatch
from dispatch.runtime import Actor

MOST_BETWEEN_AN_ACTOR_AND_ITS_ROOT = 2
MOST_OF_ANY_CHAIN = 3
CALLED_BY_PYKKA = frozenset(("on_start", "on_stop", "on_failure", "on_receive"))
"""Methods of an actor that a subclass may define because the library below calls them."""


def own_classes() -> list[type]:
    """Every class that the product defines."""
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(dispatch.__path__, "dispatch.")]
    kinds = [(kind, module) for module in modules for kind in vars(module).values() if isinstance(kind, type)]
    return list(dict.fromkeys(kind for kind, module in kinds if kind.__module__ == module.__name__))


OWN = own_classes()
ACTORS = [kind for kind in OWN if issubclass(kind, Actor) and kind is not Actor]


def own_chain(kind: type) -> list[type]:
    """The classes of the product among the bases of this one, nearest first."""
    return [base for base in kind.__mro__[1:] if base in OWN]


def depth(kind: type) -> int:
    """How many classes of the product lie one above the other, this one included."""
    return 1 + max((depth(base) for base in kind.__bases__ if base in OWN), default=0)


@cache
def defines(kind: type) -> frozenset[str]:
    """The attributes that the source of this class defines: in its body, in its slots, by assigning to `self`."""
    assigned = {
        node.attr
        for node in ast.walk(ast.parse(dedent(inspect.getsource(kind))))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }
    return frozenset(assigned | set(vars(kind)) | set(getattr(kind, "__annotations__", ())))


def used_of_self(kind: type) -> Iterator[tuple[str, str]]:
    """Each method of this class with each attribute of `self` that the method reads."""
    (body,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    for method in body.body:
        if isinstance(method, ast.FunctionDef):
            for node in ast.walk(method):
                if (
                    isinstance(node, ast.Attribute)
                    and isinstance(node.ctx, ast.Load)
                    and ast.unparse(node.value) == "self"
                ):
                    yield method.name, node.attr


def calls_down(kind: type) -> list[str]:
    """What this class uses of itself that only a subclass has, or that a subclass has replaced."""
    below = [other for other in OWN if kind in own_chain(other)]
    above = {name for base in kind.__mro__ for name in (defines(base) if base in OWN or base is kind else vars(base))}
    methods = {name for other in below for name, value in vars(other).items() if inspect.isfunction(value)}
    replaced = {name for name in methods if not name.startswith("__")} - CALLED_BY_PYKKA
    return [
        f"{kind.__name__}.{method} uses self.{name}"
        for method, name in used_of_self(kind)
        if name not in above or name in replaced
    ]


@pytest.mark.parametrize("kind", ACTORS, ids=lambda kind: kind.__name__)
def test_an_actor_is_near_its_root(kind: type) -> None:
    between = [base for base in own_chain(kind) if issubclass(base, Actor) and base is not Actor]
    assert len(between) <= MOST_BETWEEN_AN_ACTOR_AND_ITS_ROOT, between


@pytest.mark.parametrize(
    "kind", [k for k in OWN if not issubclass(k, BaseException | msgspec.Struct)], ids=lambda k: k.__name__
)
def test_no_chain_of_classes_is_long(kind: type) -> None:
    assert depth(kind) <= MOST_OF_ANY_CHAIN, own_chain(kind)


@pytest.mark.parametrize("kind", [Actor, *ACTORS], ids=lambda kind: kind.__name__)
def test_a_base_of_actors_never_calls_down(kind: type) -> None:
    """A subclass is read without its bases in mind, and a base without its subclasses."""
    assert calls_down(kind) == []


def test_the_rule_sees_a_base_that_calls_down() -> None:
    assert calls_down(CallsDown) == ["CallsDown.total uses self.price_of"]


class CallsDown:
    """An example: `price_of` is what only a subclass has."""

    def __init__(self) -> None:
        self.parts = (1, 2)

    def total(self) -> int:
        """The sum."""
        return sum(self.price_of(part) for part in self.parts)  # type: ignore[attr-defined]
