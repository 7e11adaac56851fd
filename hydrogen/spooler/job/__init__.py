"""One printer's job, from the file to the receipt."""
