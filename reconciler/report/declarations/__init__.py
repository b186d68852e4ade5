"""Live objects as YAML that a project accepts as it is."""
