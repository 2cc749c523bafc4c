"""How a layer's filters may differ: free directions, and noise that is shaped like what the layer sees."""
