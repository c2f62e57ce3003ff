"""What a backend is and what surrounds one: options, threads, the result cache."""
