"""Worlds in which people do what a story says, line by line, and the server's process dies where it says so. Tests tell stories."""
