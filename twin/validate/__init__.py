"""The proof, rerun: what the engine says beside published tables, closed forms and Radiance.

A consumer on top like the command line: nothing below imports it. Each module holds one proof, a function that returns
a `twin.validate.table.Table`; `twin.validate.run` knows them by name.
"""
