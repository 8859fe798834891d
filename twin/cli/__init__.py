"""The command line: one verb a file; heavy imports happen inside the verb that needs them."""
