/* Where the sun stands: J. Meeus, Astronomical Algorithms (1998), ch. 25, low accuracy (0.01°), unrefracted, with
   parallax. Near enough to light a picture; shadows come from the twin's own exact positions. */

const RAD = Math.PI / 180;
// Earth's rotation behind terrestrial time in the 2020s [s]; a minute more moves the sun by 0.0007° along the ecliptic.
const DELTA_T_S = 69.2;

/** [azimuth_deg clockwise from true north, elevation_deg] of the sun at an instant (Date) and place [deg]. */
export function sunAt(time, longitude_deg, latitude_deg) {
  const days = time.getTime() / 86400000 + 2440587.5 - 2451545;
  const century = (days + DELTA_T_S / 86400) / 36525;
  const mean = 280.46646 + century * (36000.76983 + century * 0.0003032);
  const anomaly = (357.52911 + century * (35999.05029 - century * 0.0001537)) * RAD;
  const centre = (1.914602 - century * (0.004817 + century * 0.000014)) * Math.sin(anomaly)
    + (0.019993 - century * 0.000101) * Math.sin(2 * anomaly) + 0.000289 * Math.sin(3 * anomaly);
  const node = (125.04 - 1934.136 * century) * RAD;
  const longitude = (mean + centre - 0.00569 - 0.00478 * Math.sin(node)) * RAD;
  const obliquity = (23.4392911 - century * 0.0130042 + 0.00256 * Math.cos(node)) * RAD;
  const ascension = Math.atan2(Math.cos(obliquity) * Math.sin(longitude), Math.cos(longitude));
  const declination = Math.asin(Math.sin(obliquity) * Math.sin(longitude));
  // Nutation in right ascension turns sidereal time from mean to apparent.
  const sidereal = 280.46061837 + 360.98564736629 * days - 0.00478 * Math.sin(node) * Math.cos(obliquity);
  const hour = (sidereal + longitude_deg) * RAD - ascension;
  const latitude = latitude_deg * RAD;
  const up = Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hour);
  const north = Math.cos(latitude) * Math.sin(declination) - Math.sin(latitude) * Math.cos(declination) * Math.cos(hour);
  const east = -Math.cos(declination) * Math.sin(hour);
  const elevation = Math.asin(up);
  return [(Math.atan2(east, north) / RAD + 360) % 360, elevation / RAD - 0.00244 * Math.cos(elevation)];
}
