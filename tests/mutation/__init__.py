"""What the tests do not notice: change the code a little, and see whether a test fails."""
