"""How long a drive takes: speed profiles by the hour, street maps and the quickest ways on them, and how profiles are fitted."""
