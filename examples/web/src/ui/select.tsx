import { useId } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { Hint, type Around } from "./field";
import { Icon } from "./icon";

/** One of a list that opens. */
export function Select<Value extends string | number>({ label, hint, value, options, onChange, disabled }: Omit<Around, "problem"> & {
  value: Value;
  options: readonly { value: Value; label: string }[];
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
          {options.map((option) => <ListBoxItem key={option.value} id={String(option.value)} textValue={option.label} className="menu-item"><span>{option.label}</span><Icon name="check" small /></ListBoxItem>)}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
