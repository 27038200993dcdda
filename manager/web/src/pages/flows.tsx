import { FLOW_COLUMNS } from '../lists/flow-columns.tsx';
import { ListPage } from '../table/list-page.tsx';

export default function Flows() {
  return (
    <ListPage
      list="flows"
      one="flow"
      title="Flows"
      columns={FLOW_COLUMNS}
      emptyHint="A flow is stored when it ends or falls silent. If the sensors see traffic, the first ones come within a minute."
    />
  );
}
