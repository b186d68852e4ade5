"""OpenCopilot, now OpenCX: phone agents, in the generation of 2024 and in that of 2026."""
