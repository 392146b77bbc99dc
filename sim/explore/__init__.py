"""Small worlds of troublemakers by the hundred, a seed each: what is planted there must be found."""
