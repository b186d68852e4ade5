"""The vendors themselves, each from its own documents."""
