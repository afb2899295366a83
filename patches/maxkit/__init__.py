"""What the Max package is made of."""
