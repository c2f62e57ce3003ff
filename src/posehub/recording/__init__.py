"""Recording any backend's calls into cassettes, and playing them."""
