"""The command line: one file per command; the only code that reads arguments, prints, exits or asks the clock."""
