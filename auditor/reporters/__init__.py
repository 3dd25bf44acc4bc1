"""What a report looks like: one file per format, each one function from a report to text."""
