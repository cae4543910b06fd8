import { Component, type ReactNode } from 'react';
import { Button, Notice } from './parts';

/** Keeps what went wrong in one page from taking the others with it. */
export class Boundary extends Component<{ children: ReactNode }, { problem: string | undefined }> {
  override state = { problem: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.problem === undefined) return this.props.children;
    return (
      <Notice look="bad">
        <p>This page cannot be shown: {this.state.problem}</p>
        <Button onClick={() => this.setState({ problem: undefined })}>Try again</Button>
      </Notice>
    );
  }
}
