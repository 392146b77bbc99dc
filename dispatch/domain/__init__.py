"""Pure rules of the field: no clock, no dice, no thread, no socket."""
