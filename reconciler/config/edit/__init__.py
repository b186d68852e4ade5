"""Write values back into files that people wrote: only a value's own characters change (law 12)."""
