"""The network as it is: ARM documents turned into a typed, indexed, immutable model."""
