"""Tests of `auditor.reporters`."""
