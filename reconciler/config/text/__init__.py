"""YAML text -> values as written, with the place of each."""
