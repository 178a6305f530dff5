"""A warehouse to look around in: two merchants, their stock, and work in every state."""
