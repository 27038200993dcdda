// Where a device usually goes, as analysis remembers it: what is not in here is new to it.
import type { DeviceProfile } from '../api/contract.ts';
import { formatBytes, formatCount } from '../format/quantity.ts';
import { EmptyState } from '../states/empty-state.tsx';

const SHOWN = 40;
const KINDS = { domain: 'domain', service: 'within', network: 'network' } as const;

export function DeviceUsual({ profile }: { readonly profile: DeviceProfile }) {
  const { destinations, services, applications, countries, contacts } = profile;
  const shown = destinations.slice(0, SHOWN);
  return (
    <section className="panel" aria-labelledby="usual-title">
      <div className="panel-head">
        <h2 id="usual-title">Usual destinations</h2>
        <span className="muted">
          {contacts === 0 ? '' : `talked with about ${formatCount(contacts)} ends so far`}
        </span>
      </div>
      {shown.length === 0 ? (
        <EmptyState title="Nothing is usual yet" compact>
          A destination becomes usual with the first hour that analysis has finished.
        </EmptyState>
      ) : (
        <div className="usual">
          <table className="usual-table">
            <caption className="visually-hidden">Usual destinations, most usual first</caption>
            <thead>
              <tr>
                <th scope="col">Destination</th>
                <th scope="col">Kind</th>
                <th scope="col" className="end">
                  Hours, faded
                </th>
                <th scope="col" className="end">
                  Traffic
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ name, kind, weight, bytes }) => (
                <tr key={`${kind} ${name}`}>
                  <td>{name}</td>
                  <td className="muted">{KINDS[kind]}</td>
                  <td className="end">{formatCount(Math.round(weight))}</td>
                  <td className="end">{bytes === null ? null : formatBytes(bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {destinations.length > SHOWN && (
            <p className="muted">and {destinations.length - SHOWN} more</p>
          )}
        </div>
      )}
      <dl className="usual-more">
        <Few name="Services" rows={services} />
        <Few name="Applications" rows={applications} />
        <Few name="Countries" rows={countries} />
      </dl>
    </section>
  );
}

interface FewProps {
  readonly name: string;
  readonly rows: DeviceProfile['services'];
}

const FEW = 16;

function Few({ name, rows }: FewProps) {
  if (rows.length === 0) return null;
  const more = rows.length > FEW ? ` and ${rows.length - FEW} more` : '';
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {rows
          .slice(0, FEW)
          .map((row) => row.name)
          .join(', ')}
        {more}
      </dd>
    </div>
  );
}
