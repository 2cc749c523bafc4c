"""Transformations of images by a magnitude: the base class, the catalogue, and compositions."""
