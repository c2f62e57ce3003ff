"""What any cloud backend reuses: the network, tokens, and what an HTTP status means."""
