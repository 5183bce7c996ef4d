import { t } from "../i18n";

/** Says where the mail is, of a backend without a relay, to who can open the files of its machine. */
export function SpoolNote({ spools }: { spools: boolean }) {
  return spools && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname) && <p className="notice">{t("activate.spool")}</p>;
}
