"""The benchmark: ours beside hand-written SQL on the same tables, in turn, in one run."""
