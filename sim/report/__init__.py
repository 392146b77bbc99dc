"""Figures of a run, how they are printed, how far a run is, and where its files go."""
