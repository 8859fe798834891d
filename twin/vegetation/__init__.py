"""Trees: what the sun shines through. A crown is a closed volume that transmits; a crown never becomes a wall.

``crowns`` is the type, ``from_city`` reads it out of CityGML and CityJSON, ``from_points`` out of laser scans. Trunks
are left out: they are narrower than the spacing of receivers.
"""
