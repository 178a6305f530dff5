"""Spreadsheets in and out: what a file, a column and a cell may be, whatever they are about.

`reading` and `writing` know files, `cells` what a column takes, `resources` how rows become acts,
`screens` the pages that people do it on.
"""
