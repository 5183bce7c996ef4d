import { useState, type ReactNode } from "react";
import { t } from "../i18n";
import { routeOf } from "../router";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Link } from "../ui/link";
import { Name } from "../ui/name";

/** A link somewhere else; one within the client stays in it. Where it looks as if it led elsewhere, it asks first. */
export function TextLink({ url, host, disguised, children }: { url: string; host: string; disguised: boolean; children: ReactNode }) {
  const [asking, setAsking] = useState(false);
  const path = pathIn(url);
  if (path !== null && !disguised) return <Link href={path}>{children}</Link>;
  return (
    <>
      <a
        href={url}
        target="_blank"
        rel="noopener noreferrer nofollow"
        title={host}
        onClick={(event) => {
          if (!disguised) return;
          event.preventDefault();
          setAsking(true);
        }}
      >
        {children}
      </a>
      {asking && <Warning url={url} host={host} onClose={() => setAsking(false)} />}
    </>
  );
}

function Warning({ url, host, onClose }: { url: string; host: string; onClose: () => void }) {
  return (
    <Dialog title={t("link.title")} onClose={onClose}>
      <p>{t("link.text", { host })}</p>
      <p className="link-goal"><Name>{url}</Name></p>
      <footer>
        <Button data-focus onClick={onClose}>{t("cancel")}</Button>
        <a className="button primary" href={url} target="_blank" rel="noopener noreferrer nofollow" onClick={() => onClose()}>{t("link.open", { host })}</a>
      </footer>
    </Dialog>
  );
}

/** The path of a link that leads to a page of this client. */
function pathIn(url: string): string | null {
  try {
    const { origin, pathname } = new URL(url);
    const { at } = routeOf(pathname);
    return origin === globalThis.location?.origin && (at === "server" || at === "private" || at === "invite") ? pathname : null;
  } catch {
    return null;
  }
}
