// Labels of a time axis: clock time, the date where a day begins.
const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const seconds = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** `times` and `stepSeconds` in seconds. */
export function axisLabels(times: readonly number[], stepSeconds: number): string[] {
  return times.map((time) => {
    const date = new Date(time * 1_000);
    if (stepSeconds < 60) return seconds.format(date);
    const midnight = date.getHours() === 0 && date.getMinutes() === 0;
    return midnight || stepSeconds >= 86_400 ? day.format(date) : clock.format(date);
  });
}
