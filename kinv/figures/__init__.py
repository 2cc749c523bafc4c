"""What a person looks at: one module for each paper; every function takes results and returns a Figure."""
