"""The events: written in order by one thread, on disk or in memory, and read back by actors that are woken."""
