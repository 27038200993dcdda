// Addresses and countries as text.

/** "192.0.2.1:443", "[2001:db8::1]:443", or the address alone where there is no port. */
export function formatEndpoint(ip: string | null, port: number | null): string {
  if (ip === null) return '–';
  if (port === null) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

/** "DE" → "Germany"; an unknown code stays as it is. */
export function formatCountry(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (names.of(code) ?? code) : code;
}
