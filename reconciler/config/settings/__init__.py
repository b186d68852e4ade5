"""`reconciler.yaml` and what else sets up a project: accounts, hosts, variables."""
