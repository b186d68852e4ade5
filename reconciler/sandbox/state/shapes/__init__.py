"""What the rows of a seed look like, vendor by vendor."""
