"""One module for each revision of the schema; none is ever changed once it was released."""
