"""The protocol of one connection, without a socket: frames become commands, notices become frames. Knows actors by address alone."""
