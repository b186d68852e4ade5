"""References between resources: found in values, linked to what they name, filled in where declarations tell the value."""
