"""What goes out over the network: each way of it loads its library only when it is used."""
