"""PolyAI: connectors, numbers, branches with their variants and prompt, real-time configuration."""
