"""What a good engineer would write by hand: psycopg and SQL, the same rows in the same tables.

A twin keeps to the rules of PRODUCT.md as far as the data set can touch them, takes the locks of
DESIGN.md and writes every row that the service writes, events too; tests/bench holds both to it. It
checks no request, knows no permission and explains nothing.
"""
