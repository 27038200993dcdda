// Who is told of findings, what is not told for a while, and how telling goes.
import { PageHead } from '../../shell/page-head.tsx';
import '../settings/settings.css';
import { Channels } from './channels.tsx';
import './notifications.css';
import { Silences } from './silences.tsx';
import { Thresholds } from './thresholds.tsx';

export default function Notifications() {
  return (
    <div className="page settings">
      <PageHead title="Notifications" timed={false} />
      <Channels />
      <Silences />
      <Thresholds />
    </div>
  );
}
