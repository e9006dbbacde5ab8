"""What a user would pick instead: each asked for the same rows, as its own documentation says."""
