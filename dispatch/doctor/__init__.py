"""What stands in the way of a server with these settings, looked at from outside: beside a running one, or before a first start.

Nothing is changed. Each finding says in a sentence what is so, and what to do where something is wrong. Only `cli.py` calls this room,
by `examine`.
"""
