"""One connection's protocol without a socket: frames in, commands out; notices in, frames out. Speaks to actors by messages alone."""
