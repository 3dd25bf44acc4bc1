"""Audit the egress of Azure services against what Microsoft documents."""

__version__ = "0.1.0"
