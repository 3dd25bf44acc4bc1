"""Where ARM documents come from: one file per source."""
