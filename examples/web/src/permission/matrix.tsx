import { memo, useCallback, useLayoutEffect, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent } from "react";
import { direction, t } from "../i18n";
import type { Channel, KnownServer, Permission, Role } from "../sdk";
import { RoleDot } from "../server/role-dot";
import { useChannel } from "../store/hooks";
import { Icon, type IconName } from "../ui/icon";
import { Name } from "../ui/name";
import { explainBecause, placeName } from "./because";
import { HOW, howOf, moved, type How } from "./cells";
import { IN_CHANNEL, allGroups } from "./groups";
import { permissionName } from "./name";
import { PlaceSelect } from "./place-select";
import { explainAs, holder } from "./view-as";

/** What each role gives, in the server or in one of its channels. */
export function MatrixPage({ known }: { known: KnownServer }) {
  const [place, setPlace] = useState<string | null>(null);
  const channel = useChannel(place);
  return (
    <>
      <p className="hint">{t("matrix.about")}</p>
      <div className="matrix-place"><PlaceSelect known={known} value={channel?.id ?? null} onChange={setPlace} /></div>
      <Matrix known={known} channel={channel} />
    </>
  );
}

interface Shown {
  readonly role: Role;
  readonly permission: Permission;
}

/** The roles, highest first, beside the permissions that they give, and by what; the words about a cell stand below. */
export function Matrix({ known, channel }: { known: KnownServer; channel: Channel | null }) {
  const { roles } = known;
  const permissions = useMemo(() => allGroups().map((group) => group.permissions.filter((one) => channel === null || IN_CHANNEL.includes(one))).filter((group) => group.length > 0), [channel === null]);
  const columns = useMemo(() => roles.map((role) => {
    const explained = explainAs(known, channel, holder(role.everyone ? null : role.id));
    return { role, cells: new Map(explained.because.map((because) => [because.permission, { how: howOf(role, because, channel === null), text: explainBecause(because, { known, channel }) }])) };
  }), [known, roles, channel]);
  const [shown, setShown] = useState<Shown | null>(null);
  const label = channel === null ? t("matrix.label") : t("matrix.label.channel", { channel: placeName(channel) });
  const cell = shown && columns.find(({ role }) => role.id === shown.role.id)?.cells.get(shown.permission);
  return (
    <>
      <div className="matrix-box">
        <Grid label={label} columns={columns} permissions={permissions} onShow={setShown} />
      </div>
      {/* For who sees it: the cell itself says the same. */}
      <p className="matrix-detail" aria-hidden="true">
        {shown && cell ? <><strong><Name>{shown.role.name}</Name> · {permissionName(shown.permission)}</strong> <Mark how={cell.how} /> {cell.text}</> : t("matrix.hint")}
      </p>
      <ul className="matrix-legend" aria-label={t("matrix.legend")}>
        {HOW.filter((how) => channel !== null || (how !== "allowed" && how !== "denied")).map((how) => <li key={how}><Mark how={how} /> {t(`matrix.how.${how}`)}</li>)}
      </ul>
    </>
  );
}

interface Column {
  readonly role: Role;
  readonly cells: ReadonlyMap<string, { readonly how: How; readonly text: string }>;
}

const Grid = memo(function Grid({ label, columns, permissions, onShow }: { label: string; columns: readonly Column[]; permissions: readonly (readonly Permission[])[]; onShow: (shown: Shown) => void }) {
  const grid = useGridKeys();
  return (
    <table className="matrix" role="grid" aria-label={label} aria-readonly="true" {...grid}>
      <thead>
        <tr>
          <th scope="col"><span className="hidden">{t("permissions.title")}</span></th>
          {columns.map(({ role }) => <th key={role.id} scope="col"><span><RoleDot color={role.color} /><Name>{role.name}</Name></span></th>)}
        </tr>
      </thead>
      <tbody>
        {permissions.flatMap((group) => group.map((permission, at) => (
          <tr key={permission} data-first={at === 0 || undefined}>
            <th scope="row">{permissionName(permission)}</th>
            {columns.map(({ role, cells }) => {
              const cell = cells.get(permission);
              const show = () => onShow({ role, permission });
              return (
                <td key={role.id} role="gridcell" tabIndex={-1} onFocus={show} onPointerEnter={show}>
                  {cell && <><Mark how={cell.how} /><span className="hidden">{t(isGiven(cell.how) ? "yes" : "no")}. {cell.text}</span></>}
                </td>
              );
            })}
          </tr>
        )))}
      </tbody>
    </table>
  );
});

const ICONS: Readonly<Record<How, IconName>> = { own: "check", administrator: "check", everyone: "check", implied: "check", allowed: "check", denied: "close", none: "minus" };

const isGiven = (how: How): boolean => how !== "denied" && how !== "none";

/** By shape as well as by colour. */
function Mark({ how }: { how: How }) {
  return <span className="matrix-mark" data-how={how}><Icon name={ICONS[how]} small /></span>;
}

/** Makes a grid one stop of the tab key, in which keys go from cell to cell; it remembers the last one. */
function useGridKeys() {
  const ref = useRef<HTMLTableElement>(null);
  const last = useRef<HTMLTableCellElement>(null);
  const settle = useCallback(() => {
    const { rows } = ref.current ?? {};
    if (!rows) return;
    const current = last.current?.isConnected ? last.current : rows[1]?.cells[1];
    for (const cell of ref.current?.querySelectorAll<HTMLTableCellElement>("td[tabindex='0']") ?? []) if (cell !== current) cell.tabIndex = -1;
    if (current) current.tabIndex = 0;
  }, []);
  useLayoutEffect(settle);
  return {
    ref,
    onFocus: ({ target }: FocusEvent) => {
      last.current = target.closest<HTMLTableCellElement>("td");
      settle();
    },
    onKeyDown: (event: KeyboardEvent) => {
      const cell = (event.target as Element).closest<HTMLTableCellElement>("td");
      const table = ref.current;
      if (!cell || !table || event.altKey || event.metaKey || event.shiftKey) return;
      const row = cell.parentElement as HTMLTableRowElement;
      const to = moved({ row: row.rowIndex, column: cell.cellIndex }, event, { rows: table.rows.length, columns: row.cells.length }, direction === "rtl");
      if (to === null) return;
      event.preventDefault();
      table.rows[to.row]?.cells[to.column]?.focus();
    },
  };
}
