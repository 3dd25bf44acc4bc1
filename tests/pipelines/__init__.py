"""What runs the auditor elsewhere: the action, the templates, the hooks, the image and the examples."""
