"""The running server around its actors: its file, what its HTTP routes read and do, metrics, orders. Only `app` calls it."""
