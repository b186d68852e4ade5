"""What is written under `spec` -> JSON values, checked against the schema of their type."""
