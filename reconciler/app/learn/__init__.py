"""`explain`, `schema`, `doctor`: what there is to know, and whether it works here."""
