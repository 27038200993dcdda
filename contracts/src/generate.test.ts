// The committed documents are what the contracts say, and they hold as documents of their kind.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { eveEventSchema } from './eve.ts';
import { GENERATED_DIR, generatedFiles, staleFiles, writeGenerated } from './generate.ts';
import type { OpenApiDocument } from './openapi.ts';
import { ROUTES } from './routes.ts';

const EVENT = {
  timestamp: '2026-11-20T14:32:15.123456+0000',
  flow_id: 1234567890,
  src_ip: '10.0.0.1',
  src_port: 40000,
  dest_ip: '10.0.0.2',
  dest_port: 53,
  proto: 'UDP',
  community_id: '1:abc=',
  netmoth: { schema: 1 },
};
const DNS = { ...EVENT, event_type: 'dns', dns: { type: 'query', id: 1, rrname: 'example.org' } };

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(GENERATED_DIR, name), 'utf8'));
}

test('the committed files are what the contracts say now', () => {
  expect(staleFiles(), 'run: node contracts/src/generate.ts').toEqual([]);
});

test('a stale or missing file is named', () => {
  using directory = temporaryDirectory();
  writeGenerated(directory.path);
  expect(staleFiles(directory.path)).toEqual([]);
  writeFileSync(join(directory.path, 'openapi.json'), '{}\n');
  rmSync(join(directory.path, 'eve.schema.json'));
  expect(staleFiles(directory.path)).toEqual(Object.keys(generatedFiles()));
});

test('the EVE schema accepts and refuses what zod does', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
    read('eve.schema.json') as object,
  );
  const cases: ReadonlyArray<readonly [unknown, boolean]> = [
    [DNS, true],
    [{ ...DNS, later_field: { added: true } }, true],
    [{ ...DNS, netmoth: { schema: 2, new_word: 1 } }, true],
    [{ ...DNS, event_type: 'gopher' }, false],
    [{ ...DNS, timestamp: '2026-11-20T14:32:15Z' }, false],
    [{ ...DNS, src_port: 65536 }, false],
    [{ ...DNS, dns: { type: 'guess', id: 1 } }, false],
    [{ ...EVENT, event_type: 'flow' }, false],
  ];
  for (const [event, accepted] of cases) {
    expect([validate(event), event]).toEqual([accepted, event]);
    expect([eveEventSchema.safeParse(event).success, event]).toEqual([accepted, event]);
  }
});

/** Every value below `key` anywhere in the document. */
function* valuesOf(key: string, node: unknown): Generator<unknown> {
  if (typeof node !== 'object' || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === key) yield value;
    yield* valuesOf(key, value);
  }
}

test('the OpenAPI document is whole: references, parameters, schemas, operation ids', () => {
  const document = read('openapi.json') as OpenApiDocument;
  expect(document.openapi).toMatch(/^3\.1\.\d$/);

  for (const ref of valuesOf('$ref', document)) {
    const [prefix, name] = [String(ref).slice(0, 21), String(ref).slice(21)];
    expect(prefix).toBe('#/components/schemas/');
    expect(Object.keys(document.components.schemas)).toContain(name);
  }
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'doc', components: document.components });
  for (const name of Object.keys(document.components.schemas)) {
    expect(ajv.compile({ $ref: `doc#/components/schemas/${name}` })).toBeTypeOf('function');
  }

  const ids = [...valuesOf('operationId', document.paths)];
  expect(new Set(ids).size).toBe(ids.length);
  for (const [path, operations] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    for (const operation of Object.values(operations)) {
      const parameters = (operation['parameters'] ?? []) as { name: string; in: string }[];
      const declared = parameters.filter((each) => each.in === 'path').map((each) => each.name);
      expect(declared).toEqual(inPath);
      const responses = operation['responses'] as Record<string, { description: string }>;
      for (const response of Object.values(responses)) expect(response.description).not.toBe('');
    }
  }
});

test('every route of the table is in the document and the other way round', () => {
  const document = read('openapi.json') as OpenApiDocument;
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(documented.sort()).toEqual(ROUTES.map((route) => `${route.method} ${route.path}`).sort());
});
