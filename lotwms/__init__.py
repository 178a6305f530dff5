"""The back office of a warehouse that ships for many merchants and tracks every unit by lot."""
