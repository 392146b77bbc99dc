"""The listening port and what becomes of its connections: HTTP or a WebSocket, deadlines, limits, the orderly stop."""
