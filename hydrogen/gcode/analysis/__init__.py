"""What a whole file makes a printer do, every line of it, by array operations; pure. For the analyser's process only."""
