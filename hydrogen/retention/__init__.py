"""What may go from the disk, when, and why: so that a house that prints for years does not fill up."""
