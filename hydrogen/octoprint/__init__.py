"""OctoPrint's REST API over our own state and operations, so that its clients work unchanged."""
