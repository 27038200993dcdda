// The foot of a list: how many rows are shown, and the next page.
import { formatExact } from '../format/quantity.ts';

interface LoadMoreProps {
  readonly shown: number;
  /** What is used of a paged query. */
  readonly pages: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly isFetchNextPageError: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
}

export function LoadMore({ shown, pages }: LoadMoreProps) {
  return (
    <div className="load-more">
      <span className="muted">{formatExact(shown)} shown</span>
      {pages.hasNextPage && (
        <button
          type="button"
          className="button"
          disabled={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          {pages.isFetchingNextPage ? 'Loading …' : 'Load more'}
        </button>
      )}
      {pages.isFetchNextPageError && <span role="alert">That failed; try again.</span>}
    </div>
  );
}
