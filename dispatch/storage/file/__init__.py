"""The database file as a file: who owns it, whether it is whole and in its place, and how it is left. Knows nothing of tables."""
