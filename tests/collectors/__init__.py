"""Tests of auditor.collectors."""
