"""Calls to the outside world. A provider is a sink: it is asked by message and answers by message, always, and has a virtual twin."""
