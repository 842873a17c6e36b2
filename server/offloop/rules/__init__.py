"""What to say about it: one module and one document for each rule."""
