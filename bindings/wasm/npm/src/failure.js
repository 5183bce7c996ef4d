// What goes wrong in WebAssembly, as JavaScript throws it.

export class BeepError extends Error {
  constructor({ code, message, problem, requestId }) {
    super(message);
    this.name = "BeepError";
    this.code = code;
    if (problem) this.problem = problem;
    if (requestId) this.requestId = requestId;
  }
}

/** What came out of WebAssembly: its own failures are texts, the rest is what a signal gave as its reason. */
export const failure = (thrown) => (typeof thrown === "string" ? new BeepError(JSON.parse(thrown)) : thrown);

export const attempt = (work) => {
  try {
    return work();
  } catch (thrown) {
    throw failure(thrown);
  }
};
