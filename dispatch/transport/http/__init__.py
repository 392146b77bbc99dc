"""HTTP: who is admitted, routes, and the one shape of errors. Knows no socket; `ws` calls it for handshakes."""
