"""Code of the recipes of one family: a method on several data sets or networks."""
