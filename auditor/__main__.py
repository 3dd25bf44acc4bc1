"""`python -m auditor` is the command `auditor`."""

from auditor.cli.main import main

main()
