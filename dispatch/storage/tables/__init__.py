"""The tables that people and recovery read: how they are made, and what each event does to them."""
