"""Plans and drift as Markdown, and the notes that CI leaves at a forge."""
