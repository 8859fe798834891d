"""Shadow studies: scenarios of a city, what the sun reaches in each, and what one takes from the other."""
