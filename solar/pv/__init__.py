"""Photovoltaics as arrays: from light on a module to AC power, on roofs and façades and in parks."""
