"""What one world of a project lays over the others' files: `environments/<name>.yaml`."""
