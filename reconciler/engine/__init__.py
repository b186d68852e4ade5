"""Pure functions from declared and live values to a plan: nothing here reads, sends, prints or asks the time."""
