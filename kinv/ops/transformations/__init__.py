"""Changes to images that are ordered by a magnitude: what one is, the catalogue, and several joined into one."""
