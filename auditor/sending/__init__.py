"""What goes out over the network besides the questions to Azure: it tells of an audit, and decides nothing in it."""
