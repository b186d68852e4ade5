"""`validate`, `plan`, `drift`, `show`: all that only reads."""
