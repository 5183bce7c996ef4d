// Shows the OpenAPI document of the backend that served this page, and sends requests to it.
// Everything is built from nodes and texts; nothing of the document is ever read as HTML.
"use strict";

const root = new URL("..", document.currentScript.src); // this is at <root>/docs/docs.js
const byId = (id) => document.getElementById(id);
let api;

// --- building nodes

function node(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...inside.filter((one) => one != null));
  return made;
}

/** Text with `code`, **strong** words and nothing else. */
function words(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`") && part.length > 2) return node("code", {}, part.slice(1, -1));
    if (part.startsWith("**") && part.length > 4) return node("strong", {}, part.slice(2, -2));
    return part;
  });
}

/** Paragraphs, numbered lists and tables. */
function prose(text) {
  return (text || "").split(/\n\n+/).filter((block) => block.trim()).map((block) => {
    const lines = block.trim().split("\n");
    if (lines[0].startsWith("|")) {
      const cells = (line, tag) => line.split("|").slice(1, -1).map((cell) => node(tag, {}, ...words(cell.trim())));
      const rows = lines.slice(2).map((line) => node("tr", {}, ...cells(line, "td")));
      return table(cells(lines[0], "th"), rows);
    }
    if (/^\d+\. /.test(lines[0])) {
      const items = block.trim().split(/\n(?=\d+\. )/).map((item) => item.replace(/^\d+\. /, ""));
      return node("ol", {}, ...items.map((item) => node("li", {}, ...words(item))));
    }
    return node("p", {}, ...words(block));
  });
}

function table(heads, rows) {
  const head = node("thead", {}, node("tr", {}, ...heads));
  return node("div", { class: "scroll" }, node("table", {}, head, node("tbody", {}, ...rows)));
}

/** A disclosure that is filled when it is first opened: a schema may hold itself. */
function unfolding(name, summary, fill) {
  const inside = node("div", { class: "inside" });
  const made = node("details", { class: name }, node("summary", {}, ...summary), inside);
  made.addEventListener("toggle", () => {
    if (made.open && !inside.hasChildNodes()) inside.append(...fill());
  });
  return made;
}

// --- schemas

function resolve(it) {
  if (!it || !it.$ref) return it;
  return it.$ref.slice(2).split("/").reduce((at, part) => at[part.replaceAll("~1", "/").replaceAll("~0", "~")], api);
}

/** The type in a few words; a reference unfolds. */
function type(schema) {
  if (schema === true || !Object.keys(schema).length) return ["anything"];
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return [unfolding("ref", [name], () => shape(resolve(schema)))];
  }
  if ("const" in schema) return [node("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return ["one of ", ...join(schema.enum.map((one) => node("code", {}, JSON.stringify(one))), ", ")];
  const either = schema.anyOf || schema.oneOf;
  if (either) return join(either.map((one) => node("span", {}, ...type(one))), " or ");
  const types = [].concat(schema.type || "anything");
  const plain = types.map((one) => (one === "array" ? "list" : one)).join(" or ");
  const format = schema.format && !/^u?int/.test(schema.format) ? ` (${schema.format})` : "";
  if (schema.items && schema.items !== true) return [`${plain} of `, ...type(schema.items)];
  if (schema.additionalProperties) return [`${plain} of `, ...type(schema.additionalProperties)];
  return [plain + format];
}

function join(nodes, between) {
  return nodes.flatMap((one, at) => (at ? [between, one] : [one]));
}

/** A schema in full: what it says of itself, its members or its choices. */
function shape(schema) {
  const made = prose(schema.description);
  if (schema.properties) made.push(members(schema));
  else if (schema.oneOf) {
    const choices = schema.oneOf.map((one) => {
      const said = words(one.description ? ` ${one.description}` : "");
      return node("li", {}, ...(one.properties ? [...said, members(one)] : [...type(one), ...said]));
    });
    made.push(node("ul", { class: "members" }, ...choices));
  } else made.push(node("p", {}, ...type(schema)));
  if (schema.pattern) made.push(node("p", { class: "quiet" }, "Pattern: ", node("code", {}, schema.pattern)));
  return made;
}

function members(schema) {
  const required = schema.required || [];
  const items = Object.entries(schema.properties).map(([name, member]) => node("li", {},
    node("code", {}, name), " ",
    required.includes(name) ? null : node("span", { class: "quiet" }, "optional "),
    ...type(member),
    ...(member.description ? [" — ", ...words(member.description)] : []),
    ...(member["x-null"] ? words(` \`null\` ${member["x-null"]}.`) : [])));
  return node("ul", { class: "members" }, ...items);
}

/** Something that the schema takes, required members alone. */
function example(schema) {
  schema = resolve(schema);
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.oneOf) return example(schema.oneOf[0]);
  if (schema.properties) {
    return Object.fromEntries((schema.required || []).map((name) => [name, example(schema.properties[name])]));
  }
  return { integer: schema.minimum || 0, boolean: false, array: [], object: {} }[[].concat(schema.type)[0]] ?? "";
}

// --- operations

function content(holder) {
  return Object.entries(holder?.content || {}).flatMap(([media, { schema }]) => [
    node("p", { class: "quiet" }, node("code", {}, media)),
    ...(schema.$ref ? [node("p", {}, ...type(schema))] : shape(schema)),
  ]);
}

function heading(text, inside) {
  return inside.length ? [node("h3", {}, text), ...inside] : [];
}

function details(path, method, entry) {
  const parameters = (entry.parameters || []).map(resolve);
  const rows = parameters.map((one) => node("tr", {},
    node("td", {}, node("code", {}, one.name), one.required ? node("span", { class: "must" }, " required") : null),
    node("td", {}, one.in), node("td", {}, ...type(one.schema)), node("td", {}, ...words(one.description || ""))));
  const heads = ["Name", "In", "Type", "What it is"].map((head) => node("th", { scope: "col" }, head));
  const access = JSON.stringify(entry.security);
  const who = access.includes("bearer") ? "Takes an access token." : access.includes("zuid")
    ? "Takes the refresh credential." : "Needs no login.";
  const limit = entry["x-rate-limit"] ? ` Counted by the limit for ${entry["x-rate-limit"]}.` : "";
  const answers = Object.entries(entry.responses).flatMap(([status, answer]) => {
    answer = resolve(answer);
    return [node("p", {}, node("strong", {}, status), " ", ...words(answer.description)), ...content(answer)];
  });
  const frames = ["x-client-frame", "x-server-frame"].filter((name) => entry[name]);
  return [
    ...prose(entry.description),
    node("p", { class: "quiet" }, node("code", {}, entry.operationId), ` — ${who}${limit}`),
    ...heading("Parameters", rows.length ? [table(heads, rows)] : []),
    ...heading("Body", content(entry.requestBody)),
    ...heading("Answers", answers),
    ...heading("Frames", frames.map((name) => node("p", {}, ...type(entry[name])))),
    ...(entry.responses["101"] ? [] : heading("Try it", [tryIt(path, method, entry, parameters)])),
  ];
}

function tryIt(path, method, entry, parameters) {
  const field = (name, input, note) => {
    input.id = `${entry.operationId}-${name}`;
    return node("div", { class: "field" }, node("label", { for: input.id }, `${name} ${note}`), input);
  };
  const inputs = parameters.map((one) => [one, node("input", { required: one.required, autocomplete: "off" })]);
  const body = entry.requestBody?.content["application/json"];
  const text = body && node("textarea", { spellcheck: "false" });
  if (text) text.value = JSON.stringify(example(body.schema), null, 2);
  const output = node("div", { role: "status" });
  const form = node("form", { class: "try" },
    ...inputs.map(([one, input]) => field(one.name, input, one.in === "path" ? "" : `(${one.in})`)),
    text ? field("body", text, "(JSON)") : null,
    node("button", { type: "submit" }, `Send ${method.toUpperCase()}`), output);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const url = new URL(path.slice(1).replace(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(inputs.find(([one]) => one.name === name)[1].value)), root);
    const headers = {};
    for (const [one, input] of inputs) {
      if (input.value && one.in === "query") url.searchParams.set(one.name, input.value);
      if (input.value && one.in === "header") headers[one.name] = input.value;
    }
    const token = byId("token").value.trim();
    if (token && JSON.stringify(entry.security).includes("bearer")) headers.authorization = `Bearer ${token}`;
    if (text) headers["content-type"] = "application/json";
    output.replaceChildren("Sending…");
    try {
      const answer = await fetch(url, { method: method.toUpperCase(), headers, body: text ? text.value : undefined });
      output.replaceChildren(...await shown(answer));
    } catch (error) {
      output.replaceChildren(`No answer: ${error.message}`);
    }
  });
  return form;
}

async function shown(answer) {
  const text = await answer.text();
  let value;
  try { value = JSON.parse(text); } catch { value = undefined; }
  const head = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const made = [
    node("strong", {}, `${answer.status} ${answer.statusText}`),
    node("pre", { tabindex: "0", "aria-label": "Answer" }, `${head}\n\n${value === undefined ? text : JSON.stringify(value, null, 2)}`),
  ];
  if (value && value.access_token) {
    const use = node("button", { type: "button" }, "Use this access token");
    use.addEventListener("click", () => { byId("token").value = value.access_token; });
    made.push(use);
  }
  return made;
}

// --- the page

function show() {
  byId("title").textContent = `${api.info.title} ${api.info.version}`;
  byId("about").append(...prose(api.info.description));
  const list = node("ul");
  const entries = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, entry]) => ({ path, method, entry })));
  const items = [];
  for (const tag of api.tags) {
    list.append(node("li", {}, node("a", { href: `#area-${tag.name}` }, tag.name)));
    const section = node("section", {}, node("h2", { id: `area-${tag.name}` }, tag.name), ...prose(tag.description));
    for (const { path, method, entry } of entries.filter(({ entry }) => entry.tags.includes(tag.name))) {
      const made = unfolding("operation", [
        node("span", { class: `method ${method}` }, method.toUpperCase()), " ",
        node("span", { class: "path" }, path), node("span", { class: "gist" }, ...words(entry.summary)),
      ], () => details(path, method, entry));
      made.id = entry.operationId;
      items.push({ made, section, text: `${method} ${path} ${JSON.stringify(entry)}`.toLowerCase() });
      section.append(made);
    }
    byId("operations").append(section);
  }
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    const made = unfolding("schema", [node("span", { class: "path" }, name)], () => shape(schema));
    made.id = `schema-${name}`;
    items.push({ made, section: byId("schemas"), text: `${name} ${schema.description || ""}`.toLowerCase() });
    byId("schemas").append(made);
  }
  list.append(node("li", {}, node("a", { href: "#schema-ErrorCode" }, "error codes")));
  list.append(node("li", {}, node("a", { href: "#schemas" }, "schemas")));
  byId("areas").append(list);
  byId("query").addEventListener("input", () => search(items));
  search(items);
  byId("status").hidden = true;
  follow();
}

function search(items) {
  const wanted = byId("query").value.toLowerCase().split(/\s+/).filter(Boolean);
  const full = new Set();
  for (const { made, section, text } of items) {
    made.hidden = !wanted.every((word) => text.includes(word));
    if (!made.hidden) full.add(section);
  }
  for (const { section } of items) section.hidden = !full.has(section);
  byId("about").hidden = wanted.length > 0;
  const count = items.filter(({ made }) => !made.hidden).length;
  byId("found").textContent = wanted.length ? `${count} found` : "";
}

/** Opens what the address names. */
function follow() {
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.tagName === "DETAILS") target.open = true;
  target.scrollIntoView();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    byId("query").focus();
  }
});
for (const id of ["search", "signing"]) byId(id).addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", follow);

fetch(new URL("v1/openapi.json", root))
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`status ${answer.status}`))))
  .then((document) => { api = document; show(); })
  .catch((error) => { byId("status").textContent = `The document cannot be shown: ${error.message}`; });
