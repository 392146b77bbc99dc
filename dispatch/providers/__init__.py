"""Calls to the outside world. A provider is a sink: it answers every message by a message. Each has a twin in virtual time."""
