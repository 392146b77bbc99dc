"""A model city and what its people want: places, and who asks for which trip when. Calls nobody; trips, people and worlds call it."""
