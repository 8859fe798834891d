"""City models in: CityGML and CityJSON files become one ``CityModel`` of flat arrays.

``from io_citygml.read import read_city`` is the door; importing this package alone loads no library.
"""
