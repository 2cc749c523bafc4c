"""What single units look for, and how much of it they ignore."""
