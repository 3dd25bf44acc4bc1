"""Tests of the live collector, mirroring auditor/collectors/live."""
