"""The way to a vendor: one client an account, retries, pace, and the guard that knows which requests exist."""
