"""The simulator: a fake city with passengers and drivers, and the figures of a run. `cli` runs it; `dispatch` does not know it."""
