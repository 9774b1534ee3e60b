"""What is kept on disk so that a restart loses nothing of the alerts."""
