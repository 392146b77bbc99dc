"""Small worlds whose people make trouble, run by the hundred, each from a seed of its own. Every rule must hold in all of them."""
