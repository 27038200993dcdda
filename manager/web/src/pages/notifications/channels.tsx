// The channels, each with a test and what failed last. Invariant: an address or a secret that was entered is never
// shown again, so to change a channel is to say all of it anew.
import { useState } from 'react';
import type { Channel } from '../../api/contract.ts';
import {
  useChannels,
  useDeleteChannel,
  usePutChannel,
  useTestChannel,
} from '../../api/notifications.ts';
import { Badge } from '../../controls/badge.tsx';
import { formatCount } from '../../format/quantity.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { SureButton } from '../signatures/shared.tsx';
import { ChannelForm } from './channel-form.tsx';

export function Channels() {
  const channels = useChannels();
  const put = usePutChannel();
  /** The name of the one that is changed; '' for a new one. */
  const [edited, setEdited] = useState<string | null>(null);
  const items = channels.data?.items ?? [];
  return (
    <section className="panel setting" aria-labelledby="channels-title">
      <h2 id="channels-title">Channels</h2>
      <p className="muted">
        Each new finding and each alert of a signature on a device goes to every channel whose least
        score it reaches. What cannot be sent is tried again for hours.
      </p>
      {channels.isPending && <Skeleton lines={3} />}
      {channels.error !== null && (
        <ErrorState error={channels.error} onRetry={() => void channels.refetch()} />
      )}
      {channels.data !== undefined && items.length === 0 && (
        <EmptyState title="Nobody is told yet" compact>
          A webhook, Slack, Alertmanager, syslog or e-mail can be told of what analysis finds and of
          alerts.
        </EmptyState>
      )}
      <ul className="channels">
        {items.map((channel) => (
          <ChannelLine
            key={channel.name}
            channel={channel}
            onEdit={() => {
              put.reset();
              setEdited(channel.name);
            }}
          />
        ))}
      </ul>
      {edited === null ? (
        <div>
          <button
            type="button"
            className="button"
            onClick={() => {
              put.reset();
              setEdited('');
            }}
          >
            New channel
          </button>
        </div>
      ) : (
        <ChannelForm
          key={edited}
          given={items.find(({ name }) => name === edited)}
          error={put.error}
          saving={put.isPending}
          onCancel={() => setEdited(null)}
          onSave={(channel) => put.mutate(channel, { onSuccess: () => setEdited(null) })}
        />
      )}
    </section>
  );
}

interface ChannelLineProps {
  readonly channel: Channel;
  readonly onEdit: () => void;
}

function ChannelLine({ channel, onEdit }: ChannelLineProps) {
  const { name, kind, url, min_score, kinds, waiting, last_error } = channel;
  const test = useTestChannel();
  const remove = useDeleteChannel();
  const what = kinds.length === 0 ? 'all kinds' : kinds.join(', ');
  return (
    <li>
      <span className="grow">
        <strong>{name}</strong> <Badge tone="plain">{kind}</Badge>{' '}
        {waiting > 0 && <Badge tone="warn">{formatCount(waiting)} waiting</Badge>}
        <br />
        <span className="mono">{url}</span>
        <br />
        <span className="muted">
          from {min_score} of 100, {what}
        </span>
        {last_error !== null && (
          <span className="channel-trouble">
            Failed last: <span className="mono">{last_error}</span>
          </span>
        )}
        <TestAnswer test={test} />
      </span>
      <span className="channel-actions">
        <button
          type="button"
          className="button small"
          aria-label={`Test ${name}`}
          disabled={test.isPending}
          onClick={() => test.mutate(name)}
        >
          {test.isPending ? 'Sending …' : 'Test'}
        </button>
        <button
          type="button"
          className="button small"
          aria-label={`Change ${name}`}
          onClick={onEdit}
        >
          Change
        </button>
        <SureButton
          label="Remove"
          name={`Remove ${name}`}
          sure={`Remove “${name}”`}
          disabled={remove.isPending}
          onSure={() => remove.mutate(name)}
        />
      </span>
    </li>
  );
}

function TestAnswer({ test }: { readonly test: ReturnType<typeof useTestChannel> }) {
  if (test.error !== null) return <p role="alert">{test.error.message}</p>;
  if (test.data === undefined) return null;
  return (
    <p className={test.data.ok ? 'note ok' : 'note error'} role="status">
      {test.data.ok ? 'A test message was sent.' : `The test failed: ${test.data.message}`}
    </p>
  );
}
