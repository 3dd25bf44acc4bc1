"""Reads what the fixes of rules/check-guides.yaml would change, each in its own language, as the same settings."""
