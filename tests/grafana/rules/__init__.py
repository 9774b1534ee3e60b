"""Rules for dashboards, by what they look at; each yields what is wrong, with its place."""
