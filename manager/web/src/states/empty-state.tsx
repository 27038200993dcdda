// What to show where there is nothing: why that may be, and what to do about it.
import type { ReactNode } from 'react';
import { MothMark } from '../shell/moth-mark.tsx';

interface EmptyStateProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  readonly compact?: boolean;
}

export function EmptyState({ title, children, actions, compact = false }: EmptyStateProps) {
  return (
    <div className={compact ? 'state compact' : 'state'}>
      {!compact && <MothMark size={40} />}
      <h2>{title}</h2>
      <p>{children}</p>
      {actions !== undefined && <div className="actions">{actions}</div>}
    </div>
  );
}
