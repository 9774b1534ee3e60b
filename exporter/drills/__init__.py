"""Fire drills: incidents at feed level, followed to whoever would be told, with a clock in hand."""
