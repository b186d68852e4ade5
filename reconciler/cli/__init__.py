"""The command line: options -> one call of `app` -> rendering -> exit code. The only room that prints."""
