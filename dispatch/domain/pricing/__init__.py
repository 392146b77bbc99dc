"""What a ride costs: tariffs, fares, quotes, and what a card is charged. Pure: actors and providers ask, and do what comes of it."""
