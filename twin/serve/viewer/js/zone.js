/* Legal time of a place and UTC. */

/** Minutes by which the zone's clocks are ahead of UTC at an instant. */
export function offsetMinutes(time, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    second: "2-digit", hourCycle: "h23",
  }).formatToParts(time);
  const of = (type) => Number(parts.find((part) => part.type === type).value);
  const shown = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return Math.round((shown - Math.floor(time.getTime() / 1000) * 1000) / 60000);
}

/** The instant at which clocks of the zone show a date (YYYY-MM-DD) and minutes after midnight. */
export function instantOf(date, minutes, zone) {
  const shown = Date.parse(`${date}T00:00:00Z`) + minutes * 60000;
  let time = new Date(shown);
  // The second turn is for the nights in which clocks change.
  for (let turn = 0; turn < 2; turn += 1) time = new Date(shown - offsetMinutes(time, zone) * 60000);
  return time;
}

/** [date YYYY-MM-DD, minutes after midnight] that clocks of the zone show at an instant. */
export function shownBy(time, zone) {
  const shown = new Date(time.getTime() + offsetMinutes(time, zone) * 60000).toISOString();
  return [shown.slice(0, 10), Number(shown.slice(11, 13)) * 60 + Number(shown.slice(14, 16))];
}
