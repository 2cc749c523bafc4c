"""One file for every experiment: `python -m recipes.NAME --help`."""
