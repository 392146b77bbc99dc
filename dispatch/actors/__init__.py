"""The actors: ride, driver, dispatcher. Each owns one truth and is rebuilt from its events; they know one another by address only."""
