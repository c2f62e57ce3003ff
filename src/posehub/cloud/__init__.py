"""What every service backend reuses: retry, pacing, authorisation, tokens, and the network."""
