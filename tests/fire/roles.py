"""What products are there for."""

PLENTY = "plenty"  # enough for all orders, and never held: a promise of it stays as it is
SCARCE = "scarce"  # fewer units than are ordered
RECALLED = "recalled"  # its lots are held, and free again

OF_A_MERCHANT = (PLENTY, PLENTY, PLENTY, PLENTY, SCARCE, RECALLED)
# Units of each lot for each order to come. Two lots of what there is plenty of run out.
LOTS = {PLENTY: (0.15, 0.15, 10), SCARCE: (0.05, 0.05, 0.05), RECALLED: (3, 3, 3)}
