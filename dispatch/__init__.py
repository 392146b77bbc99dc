"""A real-time ride-hail dispatcher: rides are offered to the nearest drivers, five at a time, and exactly one gets each."""
