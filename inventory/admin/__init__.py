"""The inventory's screens; each module registers its own."""
