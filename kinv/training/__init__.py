"""Training that can be stopped at any moment: checkpoints, batches in a fixed order, a line an epoch."""
