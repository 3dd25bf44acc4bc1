"""Tests of what goes out over the network, against real servers on loopback."""
