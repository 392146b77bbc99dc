"""What ETAs are made of: speed profiles, and how they are fitted and tested."""
