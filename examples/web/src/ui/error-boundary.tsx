import { Component, type ReactNode } from "react";
import { isKey, t, type Key } from "../i18n";

/** Whatever breaks inside of it, the page says so and offers the way out, instead of going blank. */
export class ErrorBoundary extends Component<{ children: ReactNode; name?: string }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  /** Somewhere else, it is worth another try. */
  override componentDidUpdate(before: { name?: string }): void {
    if (before.name !== this.props.name && this.state.error) this.setState({ error: null });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="broken" role="alert">
        <h1>{say("broken.title", "Something went wrong")}</h1>
        <p className="quiet">{say("broken.text", "Nothing that you sent is lost.")}</p>
        <div className="row">
          <button type="button" className="button primary" onClick={() => location.reload()}>{say("broken.reload", "Load again")}</button>
          <button type="button" className="button" onClick={() => this.setState({ error: null })}>{say("retry", "Try again")}</button>
        </div>
        <details>
          <summary>{say("broken.details", "Details")}</summary>
          <pre>{`${error.message}\n${error.stack ?? ""}`}</pre>
        </details>
      </div>
    );
  }
}

/** What broke may be the sentences themselves. */
function say(key: Key, otherwise: string): string {
  try {
    return isKey(key) ? t(key) : otherwise;
  } catch {
    return otherwise;
  }
}
