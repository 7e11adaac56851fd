"""Floor 4: what was printed: ids and the permanent record."""
