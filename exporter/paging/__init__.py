"""Who is told of alerts: Alertmanager's configuration from a template and a folder of secrets."""
