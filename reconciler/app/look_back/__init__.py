"""`history`, `undo`, `unlock`, `forget`: what earlier runs did, what is known of it, and the way back."""
