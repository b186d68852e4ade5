"""`ci`: what a pipeline leaves at a forge, and what holds an apply to its review."""
