"""The command line: a service to start, and a client of the public protocol."""
