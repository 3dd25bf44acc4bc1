"""From ARM documents to typed values."""
