"""Push: what OctoPrint's clients are told without asking, over WebSockets and SockJS' other ways."""
