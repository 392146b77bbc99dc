"""What lies between a fake app and the server: a link that loses and doubles frames, and a real WebSocket."""
