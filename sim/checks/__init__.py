"""What must hold of a world, seen from outside: each check looks at deliveries or at a world at rest, and changes nothing."""
