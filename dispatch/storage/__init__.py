"""What outlives the process: the journal, the tables drawn from it, and who reads them. The only importer of sqlite_utils."""

from dispatch.optional import without

with without("numpy", "pandas"):  # it knows how to store their types; we have none of them
    import sqlite_utils  # noqa: F401
