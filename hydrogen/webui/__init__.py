"""The dashboard: a page that knows no more of the service than its public WebSocket and HTTP.

`source/` is what it is made of (JavaScript, a style sheet, texts), `building.py` makes `built/` of it, and this room serves
that folder. Where it is missing, everything else works, and `/` says how to make it.
"""
