// The events that the program writes are those the contract says, by zod and by the generated schema.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '#testkit/temporary.ts';
import {
  CLASS_OF_EVENT,
  EVENT_CLASSES,
  EVENT_SCHEMA_VERSION,
  EVENT_TYPES,
  eveEventSchema,
} from './eve.ts';
import { eveJsonSchema } from './json-schema.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test('every event of the sample capture is of the contract', () => {
  using directory = temporaryDirectory();
  const out = join(directory.path, 'out.ndjson');
  const program = join(ROOT, 'cli', 'src', 'main.ts');
  const sample = join(ROOT, 'samples', 'first-look.pcap');
  execFileSync(process.execPath, [program, 'read', sample, '--eve', out], { stdio: 'pipe' });
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(eveJsonSchema());
  const types = new Set<string>();
  for (const line of readFileSync(out, 'utf8').trimEnd().split('\n')) {
    const event: unknown = JSON.parse(line);
    const parsed = eveEventSchema.safeParse(event);
    expect([line, parsed.error?.issues ?? []]).toEqual([line, []]);
    expect([line, validate(event), validate.errors]).toEqual([line, true, null]);
    if (!parsed.success) continue;
    types.add(parsed.data.event_type);
    expect([line, parsed.data.netmoth?.schema]).toEqual([line, EVENT_SCHEMA_VERSION]);
    // Only stats are of no flow.
    if (parsed.data.event_type !== 'stats' && parsed.data.event_type !== 'anomaly') {
      expect([line, parsed.data.community_id]).toEqual([
        line,
        expect.stringMatching(/^1:[\w+/]{27}=$/),
      ]);
    }
  }
  for (const type of ['flow', 'dns', 'tls', 'http', 'dhcp', 'mdns', 'stats']) {
    expect(types).toContain(type);
  }
});

test('every event type has a class, and a schema of its own', () => {
  expect(Object.keys(CLASS_OF_EVENT)).toEqual([...EVENT_TYPES]);
  for (const type of EVENT_TYPES) expect(EVENT_CLASSES).toContain(CLASS_OF_EVENT[type]);
  const schemas = eveEventSchema.options.map((option) => option.shape.event_type.value);
  expect([...schemas].sort()).toEqual([...EVENT_TYPES].sort());
});
