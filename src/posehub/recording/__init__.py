"""Recording the requests of any backend into cassettes, and playing them."""
