"""A running server in the terminal: `dispatch top`, and the view that demo and sandbox draw as well."""
