"""The actors: ride, driver, passenger, quote, dispatcher, tracker. Each is told messages and knows the others by address alone."""
