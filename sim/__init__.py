"""The simulator: a fake city, its passengers and drivers, and what they made of it. `cli` runs it; the dispatcher does not know it."""
