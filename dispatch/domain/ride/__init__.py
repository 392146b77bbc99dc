"""A ride: its record, how it is booked, its way from the claim by arrival, pin and start to the end, and its money. Pure rules."""
