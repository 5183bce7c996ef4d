import { LANGUAGES, choose, locale, t } from "../i18n";
import { Icon } from "../ui/icon";

export function Languages() {
  return (
    <label className="languages">
      <Icon name="globe" small />
      <span>{t("language")}</span>
      <select value={locale} onChange={(event) => choose(event.target.value)}>
        {LANGUAGES.map(({ code, name }) => (
          <option key={code} value={code} lang={code}>{name}</option>
        ))}
      </select>
    </label>
  );
}
