"""Where a ledger may live: files, or a git ref."""
