/** The figures beside their aims. */
export interface Row {
  set(speed: number, figure: number): void;
}

export class Table {
  readonly #rows: { what: string; unit: string; aim: number | null; way: "at most" | "at least"; figures: Map<number, number> }[] = [];

  /** `speeds`: how many times slower the processor is, for each column; aims are for the slowest. */
  constructor(private readonly speeds: readonly number[]) {}

  /** A row without an aim only tells. */
  row(what: string, unit: string, aim: number | null, way: "at most" | "at least" = "at most"): Row {
    const figures = new Map<number, number>();
    this.#rows.push({ what, unit, aim, way, figures });
    return { set: (speed, figure) => void figures.set(speed, figure) };
  }

  text(): string {
    const spelled = (figure: number | null | undefined, unit: string) => (figure === null || figure === undefined ? "" : `${figure.toLocaleString("en")}${unit && ` ${unit}`}`);
    const slowest = Math.max(...this.speeds);
    const heads = this.speeds.map((speed) => (speed === 1 ? "normal CPU" : `CPU ${speed}× slower`));
    const lines = this.#rows.map(({ what, unit, aim, way, figures }) => {
      const figure = figures.get(slowest) ?? Number.NaN;
      const met = aim === null ? "" : (way === "at most" ? figure <= aim : figure >= aim) ? "met" : "missed";
      const limit = aim === null ? "" : `${way === "at most" ? "≤" : "≥"} ${spelled(aim, unit)} at ${slowest}×`;
      return `| ${[what, ...this.speeds.map((speed) => spelled(figures.get(speed), unit)), limit, met].join(" | ")} |`;
    });
    return ["", `| benchmark | ${heads.join(" | ")} | aim | |`, `|${"---|".repeat(this.speeds.length + 3)}`, ...lines, ""].join("\n");
  }
}

/** The one in the middle, rounded. */
export function middle(figures: readonly number[]): number {
  return Math.round([...figures].sort((a, b) => a - b)[figures.length >> 1] ?? Number.NaN);
}
