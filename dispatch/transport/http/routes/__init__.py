"""A file for each group of HTTP routes. `app` puts them together."""
