"""A world in which people do what a story says, line by line, and the server dies where it says so. Tests and replays tell them."""
