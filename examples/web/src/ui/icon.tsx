import {
  ArrowDown, ArrowLeft, ArrowUp, AtSign, BellDot, BellOff, Clock, Code, Copy, Reply, Smile, Ban, Bell, Bold, Check, ChevronDown, Compass, Crown, Ellipsis, EyeOff, Globe, GripVertical, Hash, House, Inbox, Italic, Keyboard,
  Link as LinkShape, Lock, LogOut, Mail, Menu, MessageCircle, Monitor, Palette, Pencil, Pin, PinOff, Plus, Search, SendHorizontal, Server,
  Settings, Shield, Strikethrough, TextQuote, Trash2, TriangleAlert, User, UserMinus, UserPlus, Users, X, type LucideIcon,
} from "lucide-react";

const SHAPES = {
  back: ArrowLeft,
  clock: Clock,
  copy: Copy,
  reply: Reply,
  smile: Smile,
  unread: BellDot,
  ban: Ban,
  bell: Bell,
  bold: Bold,
  check: Check,
  chevron: ChevronDown,
  close: X,
  code: Code,
  crown: Crown,
  discover: Compass,
  down: ArrowDown,
  edit: Pencil,
  globe: Globe,
  grip: GripVertical,
  hash: Hash,
  home: House,
  inbox: Inbox,
  invite: UserPlus,
  italic: Italic,
  keyboard: Keyboard,
  kick: UserMinus,
  leave: LogOut,
  link: LinkShape,
  lock: Lock,
  mail: Mail,
  mention: AtSign,
  menu: Menu,
  message: MessageCircle,
  monitor: Monitor,
  more: Ellipsis,
  mute: BellOff,
  palette: Palette,
  people: Users,
  person: User,
  pin: Pin,
  plus: Plus,
  quote: TextQuote,
  search: Search,
  send: SendHorizontal,
  server: Server,
  settings: Settings,
  shield: Shield,
  struck: Strikethrough,
  trash: Trash2,
  unpin: PinOff,
  up: ArrowUp,
  unseen: EyeOff,
  warning: TriangleAlert,
} as const satisfies Record<string, LucideIcon>;

export type IconName = keyof typeof SHAPES;

/** A picture of a word that stands beside it or labels the button around it. */
export function Icon({ name, small }: { name: IconName; small?: boolean }) {
  const Shape = SHAPES[name];
  return <Shape className={small ? "icon small" : "icon"} strokeWidth={2} aria-hidden="true" />;
}
