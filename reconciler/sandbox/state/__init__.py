"""What the simulated vendors remember, and the seed that it starts from."""
