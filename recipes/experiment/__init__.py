"""What all recipes share: settings, the command line, seeds, names, resuming, and what is kept."""
