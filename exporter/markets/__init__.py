"""Markets as they are known now: book, clocks, reference prices, contract; and which there are."""
