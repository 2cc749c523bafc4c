"""Where each data set comes from: one module for each, and what reads and decodes images."""
