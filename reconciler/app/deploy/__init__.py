"""`apply`: from a plan to updates that were sent, proved and recorded."""
