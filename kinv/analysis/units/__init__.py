"""What single units respond to, and which changes of it they are invariant to."""
