"""A driver: what their events come to, and what follows when they are offered a ride, accept, decline, connect or sleep. Pure rules."""
