"""Options of a command that compares the editions it applies with other ones."""

import click

from auditor.cli.choosing import Compare
from auditor.cli.options import Group

compare_options = Group(
    "compare",
    lambda *, compare_as_of, compare_editions: Compare(as_of=compare_as_of, editions=compare_editions),
    (
        click.option(
            "--compare-as-of", metavar="DATE", help="Also say what the editions in force on that day would change."
        ),
        click.option(
            "--compare-edition",
            "compare_editions",
            multiple=True,
            metavar="PACK=EDITION",
            help="Also say what that edition of a pack would change.",
        ),
    ),
)
"""Gives a command the options that name other editions, as one parameter `compare`."""
