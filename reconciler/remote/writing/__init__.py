"""Carry a plan out: look again, send, read back, conclude."""
