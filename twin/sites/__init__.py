"""Open land: which of it could carry a solar park, how much power and energy, what it costs, and what forbids it."""
