"""Groups of commands that have a file of their own: `db` and `people`. Each command parses, calls one function and prints.

Heavy imports stay inside the commands. Only `cli.py` calls this room.
"""
