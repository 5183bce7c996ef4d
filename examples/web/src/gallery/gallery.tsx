import { useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import { THEMES, appearance, change } from "../appearance/appearance";
import { TintedName } from "../server/role-dot";
import { Avatar } from "../ui/avatar";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { CopyButton } from "../ui/copy-button";
import { Dialog } from "../ui/dialog";
import { EmptyState } from "../ui/empty-state";
import { Area, Choices, Field, Switch } from "../ui/field";
import { IconButton } from "../ui/icon-button";
import { Wordmark } from "../ui/mark";
import { Menu } from "../ui/menu";
import { Name } from "../ui/name";
import { OrderList } from "../ui/order-list";
import { Popover } from "../ui/popover";
import { Select } from "../ui/select";
import { Skeleton } from "../ui/skeleton";
import { Toasts, toast } from "../ui/toast";
import "./gallery.css";

/** Every component in every state, for people to look at; in development builds alone. */
export function Gallery() {
  const [theme, setTheme] = useState(appearance().theme);
  const [on, setOn] = useState(true);
  const [value, setValue] = useState<"one" | "two">("one");
  const [order, setOrder] = useState(["Owners", "Moderators", "Gardeners"]);
  const [open, setOpen] = useState<"dialog" | "confirm" | "grave" | null>(null);
  return (
    <main className="gallery">
      <header>
        <Wordmark />
        <h1>Components</h1>
        <div className="row">
          {THEMES.map((one) => <Button key={one} look={one === theme ? "primary" : "plain"} onClick={() => { change({ theme: one }); setTheme(one); }}>{one}</Button>)}
        </div>
      </header>
      <Part name="Buttons">
        <Button look="primary">Primary</Button><Button>Plain</Button><Button look="danger">Danger</Button><Button look="quiet">Quiet</Button>
        <Button look="primary" icon="plus">With a picture</Button><Button look="primary" busy>Busy</Button><Button disabled>Disabled</Button><button type="button" className="text-button">Text</button>
        <IconButton icon="settings" label="Settings" /><IconButton icon="inbox" label="Inbox, 3"><Badge count={3} /></IconButton><IconButton icon="trash" small label="Delete" isDisabled />
        <CopyButton text="copied" />
      </Part>
      <Part name="Surfaces"><div className="swatches">{["rail", "side", "ground", "raised", "field", "code", "accent", "accent-tint", "bad-ground", "good-ground", "warn-ground"].map((token) => <span key={token} data-token={token}>{token}</span>)}</div></Part>
      <Part name="Type"><div className="types"><p className="display">Display</p><h2>Heading</h2><p>Text: Sphinx of black quartz, judge my vow. 0123456789</p><p className="hint">A hint, quieter and smaller</p><code>code(1)</code> <kbd>Ctrl</kbd></div></Part>
      <Part name="Avatars">{Array.from({ length: 16 }, (_, at) => <Avatar key={at} id={IDS[at] ?? ""} name={`${String.fromCharCode(65 + at)} ${String.fromCharCode(90 - at)}`} />)}<Avatar id="s" name="Garden club" server /><Avatar id="t" name="✨" server /><Avatar id="u" name="Zoe ✨" size="small" /><Avatar id="v" name="東京" size="large" /></Part>
      <Part name="Names in colours">{[0x1abc9c, 0xf1c40f, 0xe74c3c, 0x111111, 0xffffff, 0x3498db].map((color) => <strong key={color}><TintedName color={color}>{`#${color.toString(16)}`}</TintedName></strong>)}<Name className="domain">b.example.com</Name><Badge count={7} /><Badge count={120} /><span className="chip">Chip</span><span className="chip good">Good</span></Part>
      <Part name="Fields">
        <Field label="Name" hint="What it is for" defaultValue="Garden club" /><Field label="Wrong" problem="That username is taken." defaultValue="ada" /><Field label="Disabled" disabled defaultValue="nothing" />
        <Area label="Words" rows={2} defaultValue="Several lines" />
        <Select label="One of some" value={value} onChange={setValue} options={[{ value: "one", label: "The first" }, { value: "two", label: "The second" }]} />
        <Choices legend="Choices" name="choices" value={value} onChange={setValue} options={[{ value: "one", label: "One", about: "With words about it" }, { value: "two", label: "Two", about: "With others" }]} />
        <Switch label="Switch" about="On or off" checked={on} onChange={setOn} /><Switch label="Not now" checked={false} disabled onChange={setOn} />
      </Part>
      <Part name="Overlays">
        <Button onClick={() => setOpen("dialog")}>Dialog</Button><Button onClick={() => setOpen("confirm")}>Confirm</Button><Button onClick={() => setOpen("grave")}>Confirm by name</Button>
        <Menu label="Menu" entries={[{ id: "a", label: "Invite people", icon: "invite", act: () => toast("Invited") }, { id: "b", label: "Leave", icon: "leave", grave: true, parted: true, act: () => toast("Left", () => toast("Back")) }]}><AriaButton className="button plain">Menu</AriaButton></Menu>
        <Popover label="Card" side="bottom end" card={() => <p className="pad">A card</p>}><AriaButton className="button plain">Popover</AriaButton></Popover>
        <Button onClick={() => toast("Role Gardener given.", () => {})}>Toast</Button>
      </Part>
      <Part name="Tabs"><Tabs className="tabs"><TabList className="tab-list" aria-label="Tabs"><Tab id="a" className="tab">First</Tab><Tab id="b" className="tab">Second</Tab></TabList><TabPanel id="a" className="tab-panel">What is first</TabPanel><TabPanel id="b" className="tab-panel">What is second</TabPanel></Tabs></Part>
      <Part name="Order"><OrderList label="Order" items={order.map((id) => ({ id }))} nameOf={({ id }) => id} movable={() => true} onMove={(moved, before) => setOrder((order) => { const rest = order.filter((one) => one !== moved); const at = before === null ? rest.length : rest.indexOf(before); return [...rest.slice(0, at), moved, ...rest.slice(at)]; })}>{({ id }) => <Name className="line">{id}</Name>}</OrderList></Part>
      <Part name="Words"><p className="problem">Something is wrong.</p><p className="notice">Something to know.</p></Part>
      <Part name="Nothing yet"><EmptyState icon="inbox" title="No invitations" level={3}><p>When somebody invites you, you see it here.</p></EmptyState><Skeleton rows={2} shape="message" /><Skeleton rows={2} shape="person" /><Skeleton rows={2} /></Part>
      <Toasts />
      {open === "dialog" && <Dialog title="A dialog" onClose={() => setOpen(null)}><p>With some words in it.</p><footer><Button onClick={() => setOpen(null)}>Cancel</Button><Button look="primary" data-focus onClick={() => setOpen(null)}>Done</Button></footer></Dialog>}
      {open === "confirm" && <Confirm title="Delete message" text="The message will be gone for everybody." action="Delete" onConfirm={() => Promise.resolve()} onClose={() => setOpen(null)} />}
      {open === "grave" && <Confirm title="Delete server" text="Everything in it will be gone." action="Delete server" name="Garden club" onConfirm={() => Promise.resolve()} onClose={() => setOpen(null)} />}
    </main>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return <section className="gallery-part" aria-label={name}><h2>{name}</h2><div>{children}</div></section>;
}

/** Ids of every hue, in their order. */
const IDS = ["m", "n", "o", "p", "i", "j", "k", "l", "e", "f", "g", "h", "a", "b", "c", "d"];
