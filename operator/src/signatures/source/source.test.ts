// Sources that are away, lie, are too large or no rules, off real servers.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SignatureSetSpec, signatureSetSpecSchema } from '#crds/signature-set.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { MAX_SOURCE_BYTES } from '../compile/rule-pack.ts';
import { parseOciReference } from './fetch-oci.ts';
import { fetchSource } from './fetch-source.ts';
import { globOf } from './glob.ts';
import { sourceFiles } from './read-archive.ts';
import { SourceFault } from './source-fault.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const rules = 'alert tcp any any -> any any (msg:"x"; sid:1;)\n';
const digestOf = (bytes: string | Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const handlers = new Map<string, Handler>();
const server = createServer((request, response) => {
  const handler = handlers.get(request.url ?? '');
  if (handler === undefined) response.writeHead(404).end();
  else handler(request, response);
});
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function secretClient(data: Readonly<Record<string, string>>): ApiClient {
  const encoded = Object.entries(data).map(([key, value]) => [key, btoa(value)]);
  const labels = { 'netmoth.io/source-credentials': 'true' };
  const secret = { metadata: { name: 's', labels }, data: Object.fromEntries(encoded) };
  return { get: () => Promise.resolve(secret) } as unknown as ApiClient;
}

const fetched = (source: SignatureSetSpec['source'], etag?: string, secret = {}) =>
  fetchSource(
    { client: secretClient(secret), fetch: globalThis.fetch, namespace: 'netmoth-system' },
    signatureSetSpecSchema.parse({ source }),
    { etag, signal: new AbortController().signal },
  );
const http = (path: string, more: object = {}): SignatureSetSpec['source'] => ({
  http: { url: `${base}${path}`, intervalSeconds: 60, ...more },
});
async function faultOf(source: SignatureSetSpec['source']): Promise<SourceFault> {
  const error = await fetched(source).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(SourceFault);
  return error as SourceFault;
}

/** One entry of a tar archive, by POSIX.1. */
function tarEntry(name: string, content: string, type = '0'): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(bytes.length.toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  header.write('ustar\0', 257);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
const tar = (...entries: readonly Buffer[]): Buffer =>
  Buffer.concat([...entries, Buffer.alloc(1_024)]);

it('of an archive takes the lists that the set names beside its rules', async () => {
  const archive = tar(
    tarEntry('./rules/a.rules', rules),
    tarEntry('./lists/evil.txt', 'evil.example\n'),
    tarEntry('./README.md', 'words'),
  );
  handlers.set('/lists.tar', (_request, response) => response.end(archive));
  const source = http('/lists.tar', { sha256: digestOf(archive) });
  const options = { client: secretClient({}), fetch: globalThis.fetch, namespace: 'n' };
  const spec = signatureSetSpecSchema.parse({ source, lists: [{ files: 'lists/*' }] });
  const { signal } = new AbortController();
  const { files = [] } = await fetchSource(options, spec, { signal });
  expect(files.map(({ name }) => name)).toEqual(['rules/a.rules', 'lists/evil.txt']);
  const { files: plain = [] } = await fetched(source);
  expect(plain.map(({ name }) => name)).toEqual(['rules/a.rules']);
});

describe('signed', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const verification = { publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })) };
  const signatureOf = (bytes: string | Buffer): Buffer =>
    sign(null, Buffer.from(bytes), privateKey);
  const look = async (
    source: SignatureSetSpec['source'],
    client = secretClient({}),
    by = verification,
  ) => {
    const options = { client, fetch: globalThis.fetch, namespace: 'netmoth-system' };
    const spec = signatureSetSpecSchema.parse({ source, verification: by });
    try {
      return (await fetchSource(options, spec, { signal: new AbortController().signal })).files;
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      return `${error.reason}: ${error.message}`;
    }
  };
  const files = [{ name: 'signed.rules', text: rules }];

  it('http: by the file beside it, raw or in base 64, and by nobody else', async () => {
    handlers.set('/signed.rules', (_request, response) => response.end(rules));
    const source = http('/signed.rules', { sha256: digestOf(rules) });
    expect(await look(source)).toMatch(/SourceUnavailable: .*signed\.rules\.sig answered 404/);
    for (const signature of [signatureOf(rules), `${signatureOf(rules).toString('base64')}\n`]) {
      handlers.set('/signed.rules.sig', (_request, response) => response.end(signature));
      expect(await look(source)).toEqual(files);
    }
    for (const wrong of [signatureOf(`${rules} `), Buffer.alloc(64), '', 'x', rules]) {
      handlers.set('/signed.rules.sig', (_request, response) => response.end(wrong));
      expect(await look(source)).toMatch(/WrongSignature: .*is not signed by the key of/);
    }
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey;
    for (const pem of [
      '-----BEGIN PUBLIC KEY-----',
      String(rsa.export({ type: 'spki', format: 'pem' })),
    ]) {
      const message = await look(source, undefined, { publicKey: pem });
      expect(message).toMatch(/WrongSignature: .*publicKey is no Ed25519/);
    }
  });

  it('a ConfigMap: each of its keys by the one beside it', async () => {
    const packed = gzipSync(rules);
    const map = (data: object, binaryData = {}) =>
      ({
        get: () => Promise.resolve({ metadata: { name: 'm' }, data, binaryData }),
      }) as unknown as ApiClient;
    const source = { configMapRef: { name: 'm', keys: '*' } };
    const signature = signatureOf(rules).toString('base64');
    const data = { 'signed.rules': rules, 'signed.rules.sig': signature };
    expect(await look(source, map(data))).toEqual(files);
    const binary = {
      'b.rules.gz': packed.toString('base64'),
      'b.rules.gz.sig': signatureOf(packed).toString('base64'),
    };
    expect(await look(source, map(data, binary))).toEqual([
      ...files,
      { name: 'b.rules', text: rules },
    ]);
    const more = { ...data, 'other.rules': rules };
    expect(await look(source, map(more))).toMatch(
      /WrongSignature: .*key other\.rules has no signature/,
    );
    const altered = { ...data, 'signed.rules': `${rules}#` };
    expect(await look(source, map(altered))).toMatch(
      /WrongSignature: .*key signed\.rules is not signed/,
    );
  });

  it('an OCI artifact: each of its layers by its annotation', async () => {
    const layers = (signature: string | undefined) => {
      const annotations = {
        'org.opencontainers.image.title': 'signed.rules',
        ...(signature === undefined ? {} : { 'io.netmoth.signature': signature }),
      };
      const layer = { digest: digestOf(rules), size: rules.length, annotations };
      const manifest = JSON.stringify({ schemaVersion: 2, layers: [layer] });
      const digest = digestOf(manifest);
      handlers.set(`/v2/signed/manifests/${digest}`, (_request, response) =>
        response.end(manifest),
      );
      handlers.set(`/v2/signed/blobs/${digestOf(rules)}`, (_request, response) =>
        response.end(rules),
      );
      return { oci: { reference: `${base.slice('http://'.length)}/signed@${digest}` } };
    };
    expect(await look(layers(signatureOf(rules).toString('base64')))).toEqual(files);
    expect(await look(layers(undefined))).toMatch(/WrongSignature: .*layer 1, has no signature/);
    expect(await look(layers(signatureOf('x').toString('base64')))).toMatch(/WrongSignature/);
  });
});

describe('http', () => {
  it('gives the file by its name, packed or plain, and an archive by its rule files', async () => {
    handlers.set('/a.rules', (_request, response) => response.end(rules));
    handlers.set('/a.rules.gz', (_request, response) => response.end(gzipSync(rules)));
    const long = `${'d'.repeat(120)}/deep.rules`;
    const archive = tar(
      tarEntry('rules/', '', '5'),
      tarEntry('./rules/one.rules', rules),
      tarEntry('rules/README', 'not rules'),
      tarEntry('rules/classification.config', 'config classification: a,b,1'),
      tarEntry('pax', `${`${long.length + 10} path=${long}\n`}`, 'x'),
      tarEntry('short', rules),
    );
    handlers.set('/all.tar.gz', (_request, response) => response.end(gzipSync(archive)));
    const file = [{ name: 'a.rules', text: rules }];
    expect((await fetched(http('/a.rules'))).files).toEqual(file);
    expect((await fetched(http('/a.rules.gz'))).files).toEqual(file);
    const { files = [] } = await fetched(http('/all.tar.gz'));
    expect(files.map(({ name }) => name)).toEqual([
      ...['rules/one.rules', 'rules/classification.config', long],
    ]);
  });

  it('whose name is no escape keeps it as it is', async () => {
    handlers.set('/100%25%', (_request, response) => response.end(rules));
    const { files = [] } = await fetched(http('/100%25%'));
    expect(files.map(({ name }) => name)).toEqual(['100%25%']);
  });

  it('is not read again while its ETag stays', async () => {
    handlers.set('/etag', (request, response) => {
      response.setHeader('etag', '"1"');
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
      else response.end(rules);
    });
    const first = await fetched(http('/etag'));
    expect(first.etag).toBe('"1"');
    expect((await fetched(http('/etag'), first.etag)).files).toBeUndefined();
  });

  it('of another digest is refused, with the one it has', async () => {
    const sha256 = digestOf('something else');
    const { reason, message } = await faultOf(http('/a.rules', { sha256 }));
    expect([reason, message]).toEqual(['WrongDigest', expect.stringContaining(digestOf(rules))]);
    const fine = await fetched(http('/a.rules', { sha256: digestOf(rules) }));
    expect(fine.files).toHaveLength(1);
  });

  it('of 50 MB is refused, plain and packed, before it is in memory', async () => {
    handlers.set('/large', (_request, response) => {
      const chunk = Buffer.alloc(1_000_000, 'x');
      let left = 50;
      const more = (): void => {
        left -= 1;
        if (left < 0) response.end();
        else response.write(chunk, () => more());
      };
      more();
    });
    const bomb = gzipSync(Buffer.alloc(MAX_SOURCE_BYTES + 1));
    handlers.set('/bomb', (_request, response) => response.end(bomb));
    expect((await faultOf(http('/large'))).reason).toBe('SourceTooLarge');
    expect((await faultOf(http('/bomb'))).reason).toBe('SourceTooLarge');
  });

  it('that is away, forbidden or broken says so in words', async () => {
    handlers.set('/no', (_request, response) => response.writeHead(403).end());
    handlers.set('/log-in', (_request, response) => response.writeHead(401).end());
    handlers.set('/sorry', (_request, response) => response.writeHead(503).end());
    handlers.set('/cut', (_request, response) => response.end(gzipSync(rules).subarray(0, 20)));
    handlers.set('/torn', (_request, response) => {
      response.end(tarEntry('a.rules', 'x'.repeat(600)).subarray(0, 700));
    });
    handlers.set('/empty', (_request, response) => response.end(tar(tarEntry('a.txt', 'x'))));
    const found = [];
    for (const path of ['/no', '/log-in', '/sorry', '/none', '/cut', '/torn', '/empty']) {
      const { reason, passing } = await faultOf(http(path));
      found.push(`${path} ${reason} ${passing}`);
    }
    const closed: SignatureSetSpec['source'] = {
      http: { url: 'http://127.0.0.1:9/a', intervalSeconds: 60 },
    };
    found.push(`closed ${(await faultOf(closed)).reason}`);
    expect(found).toEqual([
      ...['/no SourceForbidden false', '/log-in SourceForbidden false'],
      ...['/sorry SourceUnavailable true', '/none SourceUnavailable true'],
      ...['/cut NotRules false', '/torn NotRules false', '/empty NotRules false'],
      'closed SourceUnavailable',
    ]);
  });

  it('no Secret gives credentials that does not say it is for sources', async () => {
    let asked = 0;
    handlers.set('/mine', (_request, response) => {
      asked += 1;
      response.end(rules);
    });
    const secret = { metadata: { name: 'netmoth-admin' }, data: { password: btoa('secret') } };
    const client = { get: () => Promise.resolve(secret) } as unknown as ApiClient;
    const look = fetchSource(
      { client, fetch: globalThis.fetch, namespace: 'netmoth-system' },
      signatureSetSpecSchema.parse({ source: http('/mine', { secretRef: { name: 's' } }) }),
      { signal: new AbortController().signal },
    );
    await expect(look).rejects.toMatchObject({
      reason: 'SourceForbidden',
      message: expect.stringContaining('netmoth.io/source-credentials=true'),
    });
    expect(asked).toBe(0);
  });

  it('credentials go to the host they are for and to no other; redirects end', async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(rules);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}/a.rules`;
    handlers.set('/moved', (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: elsewhere }).end();
    });
    handlers.set('/circle', (_request, response) => {
      response.writeHead(302, { location: '/circle' }).end();
    });
    const secretRef = { name: 's' };
    await fetched(http('/moved', { secretRef }), undefined, { token: 'secret' });
    expect(seen).toEqual(['Bearer secret', undefined]);
    expect((await faultOf(http('/circle'))).message).toContain('redirects without end');
    other.close();
  });
});

describe('oci', () => {
  const layer = gzipSync(tar(tarEntry('a.rules', rules)));
  const title = { 'org.opencontainers.image.title': 'b.rules' };
  const manifest = JSON.stringify({
    layers: [
      { digest: digestOf(layer), size: layer.length },
      { digest: digestOf(rules), size: rules.length, annotations: title },
    ],
  });
  const reference = (digest = digestOf(manifest)): SignatureSetSpec['source'] => ({
    oci: { reference: `${base.slice('http://'.length)}/acme/rules:1@${digest}` },
  });

  it('is pulled by digest, with a token where the registry asks for one', async () => {
    const needsToken =
      (bytes: string | Buffer): Handler =>
      (request, response) => {
        if (request.headers.authorization === 'Bearer t0ken') response.end(bytes);
        else {
          const where = `Bearer realm="${base}/token",service="reg",scope="pull"`;
          response.writeHead(401, { 'www-authenticate': where }).end();
        }
      };
    handlers.set(`/v2/acme/rules/manifests/${digestOf(manifest)}`, needsToken(manifest));
    handlers.set(`/v2/acme/rules/blobs/${digestOf(layer)}`, needsToken(layer));
    handlers.set(`/v2/acme/rules/blobs/${digestOf(rules)}`, needsToken(rules));
    let asked: string | undefined;
    handlers.set('/token?service=reg&scope=pull', (request, response) => {
      asked = request.headers.authorization;
      response.end(JSON.stringify({ token: 't0ken' }));
    });
    const source = { oci: { ...reference().oci, secretRef: { name: 's' } } };
    const secret = { username: 'ada', password: 'pw' };
    const { files } = await fetched(source as SignatureSetSpec['source'], undefined, secret);
    expect(files?.map(({ name }) => name)).toEqual(['a.rules', 'b.rules']);
    expect(asked).toBe(`Basic ${btoa('ada:pw')}`);
  });

  it('whose layers are too large together is refused, whatever sizes the manifest tells', async () => {
    const half = gzipSync(Buffer.alloc(0.6 * MAX_SOURCE_BYTES, 'x'));
    const two = JSON.stringify({
      layers: [half, half].map((bytes) => ({ digest: digestOf(bytes), size: bytes.length })),
    });
    handlers.set(`/v2/acme/rules/manifests/${digestOf(two)}`, (_request, response) => {
      response.end(two);
    });
    handlers.set(`/v2/acme/rules/blobs/${digestOf(half)}`, (_request, response) => {
      response.end(half);
    });
    expect((await faultOf(reference(digestOf(two)))).reason).toBe('SourceTooLarge');
  });

  it('whose manifest or layer is another is refused', async () => {
    handlers.set(`/v2/acme/rules/manifests/${digestOf('x')}`, (_request, response) => {
      response.end(manifest);
    });
    expect((await faultOf(reference(digestOf('x')))).reason).toBe('WrongDigest');
    const image = JSON.stringify({ manifests: [] });
    handlers.set(`/v2/acme/rules/manifests/${digestOf(image)}`, (_request, response) => {
      response.end(image);
    });
    expect((await faultOf(reference(digestOf(image)))).reason).toBe('NotRules');
  });

  it.each([
    ['ghcr.io/acme/rules@sha256:1', 'ghcr.io', 'acme/rules'],
    ['localhost:5000/rules:v1@sha256:1', 'localhost:5000', 'rules'],
    ['acme/rules@sha256:1', 'registry-1.docker.io', 'acme/rules'],
  ])('%s is read as every tool reads it', (text, registry, name) => {
    expect(parseOciReference(text)).toEqual({ registry, name, digest: 'sha256:1' });
  });
});

it('an archive cut anywhere is a fault or fewer files, never anything else', () => {
  const whole = tar(tarEntry('a.rules', rules), tarEntry('b.rules', rules));
  for (let length = 0; length <= whole.length; length += 1) {
    try {
      expect(sourceFiles('x', whole.subarray(0, length)).length).toBeLessThanOrEqual(2);
    } catch (error) {
      expect(error).toBeInstanceOf(SourceFault);
    }
  }
});

it.each([
  ['*', 'anything', true],
  ['*.rules', 'a.rules', true],
  ['*.rules', 'a.txt', false],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'acb', false],
  ['a.b', 'aXb', false],
  ['ab*ba', 'aba', false],
])('the pattern %s on the key %s: %s', (pattern, key, fits) => {
  expect(globOf(pattern)(key)).toBe(fits);
});
