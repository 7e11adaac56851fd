"""The way between service and spooler: socket, frames, heartbeat, and the process at the other end."""
