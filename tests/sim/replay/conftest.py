"""Replayed rides are played in the theatre of the scenarios."""

from tests.scenarios.conftest import play

__all__ = ["play"]
