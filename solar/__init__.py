"""Sun, sky and weather: directions, time → node maps and energy weights for any site.

This package never traces a ray and never sees a visibility bit: it says where light comes from and how
much, `raytrace` says what it meets, `twin` composes the two. Import the modules directly
(`from solar.sun import sun_grid`); pvlib, pandas and scipy are loaded only when a function needs them.
"""
