"""The requirement packs and checks: what is written in rules/, and the code that reads it."""
