import { useEffect, useRef, type ReactNode } from "react";
import { t } from "../i18n";
import { navigate } from "../router";
import { IconButton } from "../ui/icon-button";
import { ErrorBoundary } from "../ui/error-boundary";
import { Icon, type IconName } from "../ui/icon";
import { Link } from "../ui/link";
import { Name } from "../ui/name";
import { useTitle } from "../title";

export interface Page {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly href: string;
  readonly group?: string;
}

/** Settings over the whole window: the pages at the side, each with an address; on a phone first the list, then the page. */
export function Frame({ name, pages, page, root, close, foot, children }: {
  /** What the settings are of. */
  name: string;
  pages: readonly Page[];
  /** The page of the address; `null` shows the first, on a phone the list. */
  page: string | null;
  root: string;
  close: string;
  /** Stands below the list of pages. */
  foot?: ReactNode;
  children: (page: string) => ReactNode;
}) {
  const open = pages.find(({ id }) => id === page) ?? pages[0];
  useTitle(open?.label ?? "", name);
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("[role=dialog], [role=alertdialog], .popover, .tooltip")) return;
      if (event.target instanceof Element && event.target.closest("[data-escape]")) return;
      navigate(close);
    };
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [close]);
  const heading = useRef<HTMLHeadingElement>(null);
  // What led here is gone, and the focus with it.
  useEffect(() => {
    const timer = setTimeout(() => document.activeElement === document.body && heading.current?.focus());
    return () => clearTimeout(timer);
  }, []);
  const groups = [...new Set(pages.map(({ group }) => group ?? ""))];
  return (
    <div className="settings" data-list={page === null || undefined}>
      <nav className="settings-nav" aria-label={t("settings.pages")}>
        <p className="settings-of"><Name className="line">{name}</Name></p>
        {groups.map((group) => (
          <div key={group}>
            {group !== "" && <h2>{group}</h2>}
            <ul>
              {pages.filter((one) => (one.group ?? "") === group).map(({ id, label, icon, href }) => (
                <li key={id}><Link href={href} aria-current={id === open?.id ? "page" : undefined}><Icon name={icon} small /> <span>{label}</span></Link></li>
              ))}
            </ul>
          </div>
        ))}
        {foot}
      </nav>
      <div className="settings-page">
        <div className="settings-column">
          <header>
            <IconButton icon="back" className="settings-back" label={t("back")} onPress={() => navigate(root)} />
            <h1 ref={heading} tabIndex={-1}>{open?.label}</h1>
          </header>
          <ErrorBoundary name={open?.id ?? ""}>{open && children(open.id)}</ErrorBoundary>
        </div>
      </div>
      <div className="settings-close"><IconButton icon="close" label={t("close")} tip={<>{t("close")} <kbd>Esc</kbd></>} side="bottom" onPress={() => navigate(close)} /></div>
    </div>
  );
}
