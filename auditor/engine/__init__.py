"""What Azure would do, and which documented requirements hold: pure decisions on an estate."""
