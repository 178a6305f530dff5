"""Tables that people fill in: what was typed, row by row, and what is wrong with it.

They work without a script: a button such as "add a lot" sends the whole table back and gets it
again with one more row, with everything typed still in it and nothing written.
"""

from receiving.editors.boxes import BoxesEditor
from receiving.editors.lines import LinesEditor
from receiving.editors.receipt import ReceiptEditor
from receiving.editors.stowing import StowEditor
from receiving.editors.typed import find_products

__all__ = ["BoxesEditor", "LinesEditor", "ReceiptEditor", "StowEditor", "find_products"]
