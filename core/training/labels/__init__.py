"""Labels: one a row, several, or a number."""
