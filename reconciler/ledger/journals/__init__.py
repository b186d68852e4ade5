"""The journal of each run, written as it happens and read back."""
