import { useId } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Header } from "react-aria-components/Header";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem, ListBoxSection } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { Hint, type Around } from "./field";
import { Icon } from "./icon";

interface Option<Value> {
  readonly value: Value;
  readonly label: string;
  /** The heading that it stands under, with those beside it that have the same. */
  readonly group?: string;
}

/** One of a list that opens. */
export function Select<Value extends string | number>({ label, hint, value, options, onChange, disabled }: Omit<Around, "problem"> & {
  value: Value;
  options: readonly Option<Value>[];
  onChange: (value: Value) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <AriaSelect className="field" aria-describedby={`${id}-hint`} isDisabled={disabled ?? false} value={String(value)} onChange={(key) => {
      const chosen = options.find((option) => String(option.value) === String(key));
      if (chosen) onChange(chosen.value);
    }}>
      <Label>{label}</Label>
      <AriaButton className="select"><SelectValue /><Icon name="chevron" small /></AriaButton>
      <Hint id={id} hint={hint} problem={null} />
      <Popover className="popover select-popover" offset={4}>
        <ListBox className="menu-list">
          {groupsOf(options).map(({ group, options }) => {
            const items = options.map(({ value, label }) => <ListBoxItem key={value} id={String(value)} textValue={label} className="menu-item"><span>{label}</span><Icon name="check" small /></ListBoxItem>);
            return group === undefined ? items : <ListBoxSection key={group} id={`group ${group}`}><Header className="menu-head">{group}</Header>{items}</ListBoxSection>;
          })}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

function groupsOf<Value>(options: readonly Option<Value>[]): { group: string | undefined; options: Option<Value>[] }[] {
  const groups: { group: string | undefined; options: Option<Value>[] }[] = [];
  for (const option of options) {
    const last = groups.at(-1);
    if (last && last.group === option.group) last.options.push(option);
    else groups.push({ group: option.group, options: [option] });
  }
  return groups;
}
