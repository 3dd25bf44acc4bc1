"""The tests; they mirror auditor/."""
