"""What each command does: wiring of the rooms below, no printing and no options."""
