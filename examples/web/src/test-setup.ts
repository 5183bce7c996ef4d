/** What the tests of units stand on: the sentences of the default language. */
import { speak } from "./i18n";

await speak("en");
