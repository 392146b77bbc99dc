"""Fake apps, sans I/O, and how people behave: drivers and passengers, calm or restless. They know the wire and no actor."""
