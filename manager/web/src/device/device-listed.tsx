// Whom a device dealt with that a list of reputation has: which list, by which entry, and since when it is on it.
import type { DeviceDetail } from '../api/contract.ts';
import { formatAgo, formatUtc } from '../format/time.ts';

export function DeviceListed({ listed }: { readonly listed: DeviceDetail['listed'] }) {
  if (listed.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="listed-title">
      <div className="panel-head">
        <h2 id="listed-title">Dealt with on lists</h2>
        <span className="muted">in this time range</span>
      </div>
      <div className="usual">
        <table className="usual-table">
          <caption className="visually-hidden">Contacts that lists of reputation have</caption>
          <thead>
            <tr>
              {['Contact', 'List', 'Entry', 'On it since'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {listed.map(({ contact, list, entry, since }) => (
              <tr key={`${contact} ${list} ${entry}`}>
                <td>{contact}</td>
                <td>{list}</td>
                <td className="mono">{entry}</td>
                <td title={formatUtc(since)}>{formatAgo(since, Date.now())}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
