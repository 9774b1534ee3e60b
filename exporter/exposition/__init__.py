"""State to text: the market page in the formats that Prometheus reads."""
