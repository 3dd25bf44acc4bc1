"""A deliberately naive simulator: one packet, one plain look at the documents, the first match.

It is written from the network semantics, not from the engine, and shares no code with it.
"""
