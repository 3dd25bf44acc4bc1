"""What Azure does with a flow."""
