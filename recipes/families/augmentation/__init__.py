"""The augmentations, tasks and tables of `recipes.augmentation_benchmark`."""
