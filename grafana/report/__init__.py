"""What every panel asks and gets, as a page: `python -m grafana.report --prometheus URL`."""
