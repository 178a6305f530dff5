"""The verbs of the inventory: typed, keyword-only, atomic; actor and time are passed in."""
