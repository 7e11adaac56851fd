"""What is remembered of a running job: hot on tmpfs before each write, cold on disk for a power cut."""
