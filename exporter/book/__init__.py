"""Order books: exact levels, the sequence they were built by, and the checks on them."""
