"""Reads over several tables. Each says the shape of its rows and its number of queries."""
