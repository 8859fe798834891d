"""PV on surfaces: modules laid out, their yield from the operators, and what a solar cadastre says of it."""
