"""A ride: its record, how it is booked, its way from the assignment to the end, and its money. Pure rules."""
