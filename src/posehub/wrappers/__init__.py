"""What any backend can be wrapped in; each is a Backend around a Backend."""
