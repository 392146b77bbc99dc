"""The HTTP side: who may ask, the pages and the API, one shape of error. `ws` calls it for handshakes; it knows no socket."""
