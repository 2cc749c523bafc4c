"""The fifteen corruptions of ImageNet-C, as transformations whose magnitude is the severity."""
