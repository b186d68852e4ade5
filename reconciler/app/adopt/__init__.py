"""`init` and `pull`: how a project begins."""
