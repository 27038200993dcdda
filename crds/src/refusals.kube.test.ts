// Every field of both specs, out of the CRDs themselves: whatever bound, list of values or type it has, a spec that
// is wrong there alone is refused by the API server with the field's own path; every field has words and `kubectl
// explain` shows them with the default.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { MANIFESTS_DIR } from './generate.ts';
import { KINDS } from './kinds.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
}
type Path = readonly string[];
interface Field {
  readonly path: Path;
  readonly schema: Schema;
}

const kRoot = '/apis/netmoth.io/v1alpha1';
const rules = 'alert tcp any any -> any any (msg:"x"; sid:1;)';
const kSpecs = [
  { plural: 'netmothsensors', whole: {} },
  { plural: 'signaturesets', whole: { source: { inline: { rules } } } },
] as const;
/** Both a number and a text: its CRD's own rule judges it, and kinds.kube.test.ts that rule. */
const isUnion = (schema: Schema): boolean => 'x-kubernetes-int-or-string' in schema;

/** Fields that must be given where their group is. */
const kNeeded =
  /\.(name|rules|reference|url|publicKey|type)$|(matchExpressions\[0\]\.(key|operator))$/;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
  await cluster.applyDefinitions(MANIFESTS_DIR);
});
afterAll(() => cluster?.stop());

/** All of them; items of a list as `[]`. */
function fieldsOf(schema: Schema, path: Path = []): Field[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, part]) =>
    fieldsOf(part, [...path, name]),
  );
  const items = schema.items === undefined ? [] : fieldsOf(schema.items, [...path, '[]']);
  return [...(path.length === 0 ? [] : [{ path, schema }]), ...below, ...items];
}

function specFields(plural: string): Field[] {
  const text = readFileSync(join(MANIFESTS_DIR, `${plural}.netmoth.io.yaml`), 'utf8');
  return fieldsOf(parse(text).spec.versions[0].schema.openAPIV3Schema.properties.spec);
}

/** Values that its schema alone forbids. */
function wrongValues(schema: Schema): unknown[] {
  if (isUnion(schema)) return [];
  const { minimum, maximum, minLength, maxLength, pattern, maxItems } = schema;
  const isList = schema.type === 'array' || schema.type === 'object';
  const item = schema.items?.type === 'integer' ? 1 : schema.items?.type === 'object' ? {} : 'a';
  return [
    isList ? 'neither' : { neither: true },
    ...(schema.enum === undefined ? [] : ['no-such-value']),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(minLength === undefined || minLength === 0 ? [] : ['']),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
    ...(pattern === undefined ? [] : [' ,\t']),
    ...(maxItems === undefined ? [] : [Array.from({ length: maxItems + 1 }, () => item)]),
  ];
}

function specWith(whole: object, path: Path, value: unknown): object {
  const [name = '', ...rest] = path;
  if (name === '[]') return [rest.length === 0 ? value : specWith({}, rest, value)];
  const below = (whole as Record<string, object>)[name] ?? {};
  return { ...whole, [name]: rest.length === 0 ? value : specWith(below, rest, value) };
}

const shown = (path: Path): string => `spec.${path.join('.')}`.replaceAll('.[]', '[0]');

describe.each(kSpecs)('$plural', ({ plural, whole }) => {
  it('refuses what a field may not be, and says which', async () => {
    const kind = KINDS.find((each) => each.plural === plural)?.kind;
    let tried = 0;
    for (const { path, schema } of specFields(plural)) {
      for (const value of wrongValues(schema)) {
        const spec = specWith(whole, path, value);
        const object = { apiVersion: 'netmoth.io/v1alpha1', kind, metadata: { name: 'x' }, spec };
        const request = `${kRoot}/${plural}?dryRun=All`;
        const { status, body } = await cluster.request('POST', request, object);
        const what = `${shown(path)}: ${JSON.stringify(value).slice(0, 60)}`;
        expect([what, status]).toEqual([what, 422]);
        expect(String(body.message), what).toContain(shown(path));
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(100);
  }, 180_000);

  it('has words for every field, and kubectl explain shows them and the default', async () => {
    const fields = specFields(plural).filter(({ path }) => path.at(-1) !== '[]');
    const silent = fields.filter(({ schema }) => (schema.description ?? '') === '');
    expect(silent.map(({ path }) => shown(path))).toEqual([]);
    // What a person must give has no default; what has parts has theirs.
    const own = fields.filter(({ schema }) => schema.properties === undefined);
    const untold = own.filter(({ schema }) => !/default/i.test(schema.description ?? ''));
    const needed = untold.map(({ path }) => shown(path)).filter((path) => !kNeeded.test(path));
    expect(needed).toEqual([]);
    const named = own.filter(({ path }) => !path.includes('[]') && path.length <= 2);
    for (const { path, schema } of named) {
      const { stdout, ok } = await cluster.kubectl(['explain', `${plural}.${shown(path)}`]);
      expect([shown(path), ok]).toEqual([shown(path), true]);
      const flat = (text: string): string => text.replaceAll(/\s+/g, '');
      expect(flat(stdout), shown(path)).toContain(flat(schema.description ?? ''));
    }
    const units = fields.filter(({ path }) =>
      /(MiB|Seconds|Ms|[pP]ercent)$/.test(path.at(-1) ?? ''),
    );
    for (const { path, schema } of units) {
      expect(schema.description, shown(path)).toMatch(/\((MiB|seconds|milliseconds|percent)\b/);
    }
    const { stdout } = await cluster.kubectl(['explain', `${plural}.spec`, '--recursive']);
    for (const { path } of fields) expect(stdout).toContain(path.at(-1));
  }, 180_000);
});
