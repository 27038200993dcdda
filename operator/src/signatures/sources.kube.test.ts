// Sources of SignatureSets on a real API server, off real HTTP servers: credentials out of Secrets, artifacts by digest,
// and what people are told where one of it is wrong. No sensor: what compiles is told in the set's status.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../testing/kube-bed.ts';
import { condition, kNamespace, OperatorBed } from '../testing/operator-bed.ts';

const kRules = 'alert tcp any any -> any 80 (msg:"x"; content:"x"; sid:1;)\n';
const kMore = 'alert tcp any any -> any 81 (msg:"y"; content:"y"; sid:2;)\n';
const kBasic = `Basic ${Buffer.from('ada:secret').toString('base64')}`;
const kLabel = 'netmoth.io/source-credentials';
const digestOf = (bytes: string | Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const layer = gzipSync(kMore);
const manifest = JSON.stringify({
  schemaVersion: 2,
  layers: [
    {
      ...{ digest: digestOf(layer), size: layer.length },
      annotations: { 'org.opencontainers.image.title': 'more.rules.gz' },
    },
  ],
});

/** A file behind a password, and a registry that sells its tokens for the same one. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const { authorization } = request.headers;
  const [path = ''] = (request.url ?? '').split('?');
  if (path === '/a.rules' || path === '/token') {
    if (authorization !== kBasic) response.writeHead(401).end();
    else response.end(path === '/token' ? JSON.stringify({ token: 't0ken' }) : kRules);
    return;
  }
  if (authorization !== 'Bearer t0ken') {
    const where = `Bearer realm="http://${host}/token",service="r",scope="pull"`;
    response.writeHead(401, { 'www-authenticate': where }).end();
  } else if (path === `/v2/acme/rules/manifests/${digestOf(manifest)}`) response.end(manifest);
  else if (path === `/v2/acme/rules/blobs/${digestOf(layer)}`) response.end(layer);
  else response.writeHead(404).end();
}

let bed: OperatorBed;
let host: string;
const server = createServer(serve);
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  bed = await OperatorBed.start({ controllers: false });
  await bed.operator('one');
}, 180_000);
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const secrets = `/api/v1/namespaces/${kNamespace}/secrets`;
const secretRef = { name: 'feed' };
const http = (sha256 = digestOf(kRules)): object => ({
  http: { url: `http://${host}/a.rules`, sha256, secretRef },
});
const oci = (digest = digestOf(manifest)): object => ({
  oci: { reference: `${host}/acme/rules@${digest}`, secretRef },
});

let changes = 0;
/** What becomes of the set with that source. */
async function compiled(source: object, wanted: string): Promise<{ rules?: number; told: string }> {
  changes += 1;
  // A change of the spec is a new look, however long the next one is off.
  await bed.applySet('feed', { source, variables: { CHANGE: String(changes) } });
  return eventually(async () => {
    const { metadata, status } = (await bed.own('signaturesets', 'feed')) ?? {};
    if (status?.observedGeneration !== metadata?.generation) return undefined;
    if (condition({ status }, 'Compiled') !== wanted) return undefined;
    const found = status.conditions.find(({ type }: { type: string }) => type === 'Compiled');
    return { rules: status.history?.[0]?.rules, told: String(found?.message) };
  }, `Compiled to be ${wanted}`);
}

it('credentials are those of a Secret that says it is for sources, and of no other', async () => {
  const absent = await compiled(http(), 'False SourceUnavailable');
  expect(absent.told).toContain(`Secret ${kNamespace}/feed is not there`);
  const data = { username: btoa('ada'), password: btoa('secret') };
  await bed.cluster.request('POST', secrets, { metadata: { name: 'feed' }, data });
  const unlabelled = await compiled(http(), 'False SourceForbidden');
  expect(unlabelled.told).toContain(`label it ${kLabel}=true`);
  await bed.cluster.kubectl(['label', '-n', kNamespace, 'secret', 'feed', `${kLabel}=true`]);
  expect(await compiled(http(), 'True Compiled')).toMatchObject({ rules: 1 });
}, 120_000);

it('an artifact of a registry is pulled by its digest, and by no other', async () => {
  expect(await compiled(oci(), 'True Compiled')).toMatchObject({ rules: 1 });
  const other = await compiled(oci(digestOf('other')), 'False SourceUnavailable');
  expect(other.told).toContain('answered 404');
  const altered = await compiled(http(digestOf('other')), 'False WrongDigest');
  expect(altered.told).toContain(digestOf(kRules));
}, 120_000);

it('a password that is wrong is told, and what was made before stays', async () => {
  const { status: before } = await bed.own('signaturesets', 'feed');
  const data = { password: btoa('wrong') };
  await bed.cluster.request('PATCH', `${secrets}/feed`, { data });
  const refused = await compiled(http(), 'False SourceForbidden');
  expect(refused.told).toContain('does not take these credentials');
  const { status } = await bed.own('signaturesets', 'feed');
  expect(status.latest).toBe(before.latest);
}, 120_000);
