"""Talk to GitHub and GitLab: one comment, one issue, and nothing else."""
