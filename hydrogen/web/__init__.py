"""Floor 6: the HTTP surface. starlette and uvicorn are loaded once the service is up, off the loop (server.py)."""
