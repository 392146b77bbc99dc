"""The running server around its actors: its file, what it answers over HTTP, and orders that come from outside. Only `app` calls it."""
