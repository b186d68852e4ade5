"""Plan, outcomes and diagnostics as text, Markdown, JSON, HTML and CI annotations: pure functions to strings."""
