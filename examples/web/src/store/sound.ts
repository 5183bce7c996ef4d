/** Two short tones, made here: no file has to be fetched before they sound. */
let context: AudioContext | null = null;

/** Lets it sound later: browsers want the first sound to come of a press. */
export function prepare(): void {
  if (typeof AudioContext !== "undefined") context ??= new AudioContext();
  if (context?.state === "suspended") void context.resume();
}

export function play(): void {
  prepare();
  if (!context || context.state === "closed") return;
  for (const [frequency, at] of [[660, 0], [880, 0.09]] as const) {
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    const start = context.currentTime + at;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.18);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.2);
  }
}
