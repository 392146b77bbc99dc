"""`dispatch demo --trips …`: the real server, a fleet and passengers on real WebSockets, and a view of it all."""
