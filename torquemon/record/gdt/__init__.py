"""GDT: patients come in from the practice software, results go out to it, as small text files.

`codec` knows lines and fields, `patient` who a file is about, `result` what a result says; none of
them touches a disk. `inbox` watches a folder, `waiting` keeps who comes next, `exporter` is the
destination. What each field means is told in `fields`, with its source.
"""
