"""What a driver's events come to, and what follows from what a driver is told or says."""
