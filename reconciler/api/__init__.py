"""What a Python program can do: what the command line can, with values instead of text. Documented in docs/python.md."""
