"""Between apps and actors: frames, one connection's protocol, and the two links it runs over, sockets and memory."""
