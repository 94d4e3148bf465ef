"""Changes of the tables, one revision a file."""
