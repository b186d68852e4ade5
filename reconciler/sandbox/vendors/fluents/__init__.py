"""Fluents: numbers, agents, and what hangs on them."""
