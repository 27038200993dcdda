// Catches what goes wrong while a page is drawn or fetched (a new version was installed under an open
// tab), so that the navigation stays. React knows no other form for this than a class.
import { Component, type ReactNode } from 'react';
import { Icon } from '../shell/icon.tsx';

interface PageBoundaryProps {
  readonly children: ReactNode;
}

export class PageBoundary extends Component<PageBoundaryProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="state error" role="alert">
        <Icon name="alerts" size={28} />
        <h1>This page could not be shown</h1>
        <p>Perhaps Netmoth was updated while this tab was open. Loading it again usually helps.</p>
        <div className="actions">
          <button type="button" className="button" onClick={() => location.reload()}>
            Load again
          </button>
        </div>
      </div>
    );
  }
}
