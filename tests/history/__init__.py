"""Tests of the history of audits, on the databases it may be kept in."""
