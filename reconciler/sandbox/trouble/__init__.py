"""All that can go wrong on demand, between the network and a vendor."""
