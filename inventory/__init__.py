"""What stands where: products, lots, locations, the stock ledger and the planner."""
