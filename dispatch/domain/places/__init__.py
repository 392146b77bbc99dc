"""Where everybody is: distances, the index, what a phone says of its position, ways driven and times of travel."""
