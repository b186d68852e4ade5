"""`history`, `undo`, `unlock`: what earlier runs did, and the way back."""
