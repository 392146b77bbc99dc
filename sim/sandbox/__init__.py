"""`serve --sandbox N`: simulated drivers and passengers on the real wire, in the server's process, whom staff can steer. Only cli.py
and the demo call it.
"""
