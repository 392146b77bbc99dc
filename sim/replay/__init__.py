"""A ride on file, played again by today's code: what it was, what it is now, and a test that holds it."""
