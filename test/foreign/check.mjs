// Reads files as programs of others do: node check.mjs KIND FILE … says what is wrong
// with each, and nothing when all is well.
import { readFileSync } from "node:fs";

const checks = {
  // The schema of OASIS.
  async sarif(text) {
    const { default: Ajv } = await import("ajv6");
    const schema = JSON.parse(readFileSync(new URL("node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json", import.meta.url)));
    const ajv = new Ajv({ schemaId: "auto", allErrors: true });
    ajv.addMetaSchema(JSON.parse(readFileSync(new URL("node_modules/ajv6/lib/refs/json-schema-draft-04.json", import.meta.url))));
    return ajv.validate(schema, JSON.parse(text)) ? [] : ajv.errors.map((e) => `${e.dataPath} ${e.message}`);
  },
  // The schemas of the OpenAPI Initiative, and that every reference leads somewhere.
  async openapi(text) {
    const { Validator } = await import("@seriousme/openapi-schema-validator");
    const validator = new Validator();
    const { valid, errors } = await validator.validate(JSON.parse(text));
    if (!valid) return Array.isArray(errors) ? errors.map((e) => `${e.instancePath} ${e.message}`) : [errors];
    validator.resolveRefs();
    return [];
  },
  // The parser of Thunderbird, as strict as it can be.
  async ics(text) {
    const { default: ICAL } = await import("ical.js");
    ICAL.design.strict = true;
    const found = [];
    const calendar = new ICAL.Component(ICAL.parse(text));
    if (calendar.name !== "vcalendar") found.push("it is no calendar");
    for (const name of ["prodid", "version"]) if (calendar.getAllProperties(name).length !== 1) found.push(`not one ${name}`);
    const events = calendar.getAllSubcomponents("vevent");
    if (events.length === 0) found.push("nothing is in it");
    const seen = new Set();
    for (const e of events) {
      const event = new ICAL.Event(e);
      if (!event.uid || seen.has(event.uid)) found.push(`uid ${event.uid} is missing or there twice`);
      seen.add(event.uid);
      if (e.getAllProperties("dtstamp").length !== 1 || !event.startDate?.isValidTimestamp?.() && !event.startDate?.toJSDate?.().getTime()) found.push(`${event.uid} has no time`);
      if (!event.summary) found.push(`${event.uid} has no title`);
      for (const alarm of e.getAllSubcomponents("valarm"))
        if (!alarm.getFirstPropertyValue("action") || !alarm.getFirstPropertyValue("trigger")) found.push(`an alarm of ${event.uid} has no action or no time`);
    }
    const lines = text.split("\r\n");
    if (text.replaceAll("\r\n", "").includes("\n")) found.push("a line ends without a carriage return");
    for (const l of lines) if (Buffer.byteLength(l) > 75) found.push(`a line of ${Buffer.byteLength(l)} bytes`);
    return found;
  },
};

const [kind, ...files] = process.argv.slice(2);
for (const file of files) {
  let problems;
  try {
    problems = await checks[kind](readFileSync(file, "utf8"));
  } catch (e) {
    problems = [String(e)];
  }
  for (const p of problems) console.log(`${file}: ${p}`);
}
