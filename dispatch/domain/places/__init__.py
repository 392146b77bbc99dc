"""Where everybody is: distances, the spatial index, positions and which are believed, tracks of drivers who are followed, zones."""
