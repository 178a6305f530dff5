"""One module for each line or two of the table: `measure(run)` yields its rows."""
