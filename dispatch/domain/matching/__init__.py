"""Whom to ask for which ride: searches, rounds, the supply of drivers, policies. Pure; the dispatcher of a zone calls it."""
