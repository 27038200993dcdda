// The dashboard's files. Invariants: only files listed below webRoot when asked for are served, by
// exact name, so no path leaves the folder; a name that is no file gets index.html, so that the
// page's own addresses can be opened directly; hashed assets never change, all else is asked again.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acceptedEncoding } from './accept-encoding.ts';
import { notFound } from './error-answers.ts';

const MEDIA: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
const COMPRESSIBLE = /^(text\/|application\/json|image\/svg)/;
const MIN_COMPRESSED_BYTES = 1_024;
const MAX_FILES = 2_000;
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const INDEX = '/index.html';
const IMMUTABLE = 'public, max-age=31536000, immutable';
/** Paths of programs: a wrong one there is an error, not a page. */
const NO_PAGE = /^\/(api|healthz|readyz|metrics)(\/|$)/;

const compressors = {
  br: (body: Buffer): Promise<Buffer> =>
    promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (body: Buffer): Promise<Buffer> => promisify(gzip)(body, { level: 9 }),
} as const;
type Encoding = keyof typeof compressors;
const ENCODINGS = ['br', 'gzip'] as const satisfies readonly Encoding[];

class StaticFile {
  readonly media: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly mtimeMs: number;
  readonly #compressed = new Map<Encoding, Promise<Buffer>>();

  constructor(path: string, mtimeMs: number) {
    this.body = readFileSync(path);
    this.mtimeMs = mtimeMs;
    this.media = MEDIA[extname(path)] ?? 'application/octet-stream';
    const digest = createHash('sha256').update(this.body).digest('base64url').slice(0, 22);
    this.etag = `"${digest}"`;
  }

  get compressible(): boolean {
    return COMPRESSIBLE.test(this.media) && this.body.length >= MIN_COMPRESSED_BYTES;
  }

  compressed(encoding: Encoding): Promise<Buffer> {
    let made = this.#compressed.get(encoding);
    if (made === undefined) {
      made = compressors[encoding](this.body);
      this.#compressed.set(encoding, made);
    }
    return made;
  }
}

/** Files below a folder, read on first use and again when they changed (a rebuilt dashboard). */
class StaticFolder {
  readonly #root: string;
  readonly #files = new Map<string, StaticFile>();

  constructor(root: string) {
    this.#root = root;
  }

  get(name: string): StaticFile | undefined {
    const path = this.#paths().get(name);
    if (path === undefined) return undefined;
    const { mtimeMs, size } = statSync(path);
    if (size > MAX_FILE_BYTES) return undefined;
    const known = this.#files.get(name);
    if (known?.mtimeMs === mtimeMs) return known;
    const file = new StaticFile(path, mtimeMs);
    if (this.#files.size >= MAX_FILES) this.#files.clear();
    this.#files.set(name, file);
    return file;
  }

  /** Name as in a URL → path; listed anew each time, so a lookup can never leave the folder. */
  #paths(): Map<string, string> {
    const entries = readdirSync(this.#root, { recursive: true, withFileTypes: true });
    return new Map(
      entries
        .filter((entry) => entry.isFile())
        .slice(0, MAX_FILES)
        .map((entry) => {
          const path = join(entry.parentPath, entry.name);
          return [`/${relative(this.#root, path).split(sep).join('/')}`, path];
        }),
    );
  }
}

/**
 * A missing asset must not come as a page, which the browser would try to run; but an address of the
 * page may have dots too (/devices/192.168.1.50), and for those a browser says that it wants HTML.
 */
function wantsPage(request: FastifyRequest, path: string): boolean {
  if (path.startsWith('/assets/')) return false;
  return extname(path) === '' || String(request.headers.accept ?? '').includes('text/html');
}

async function send(
  file: StaticFile,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply
    .header('cache-control', name.startsWith('/assets/') ? IMMUTABLE : 'no-cache')
    .header('etag', file.etag)
    .type(file.media);
  if (file.compressible) reply.header('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const encoding = file.compressible ? acceptedEncoding(accepted, ENCODINGS) : undefined;
  if (encoding === undefined) return reply.send(file.body);
  return reply.header('content-encoding', encoding).send(await file.compressed(encoding));
}

function pathOf(request: FastifyRequest): string {
  try {
    return decodeURIComponent(request.url.split('?', 1)[0] ?? '');
  } catch {
    return '';
  }
}

/** Answers everything that no route does: a file, the page, or an error. */
export function installStaticFiles(app: FastifyInstance, webRoot: string | undefined): void {
  const folder = webRoot === undefined ? undefined : new StaticFolder(webRoot);
  app.setNotFoundHandler(async (request, reply) => {
    const path = pathOf(request);
    const page = request.method === 'GET' || request.method === 'HEAD';
    if (folder === undefined || !page || NO_PAGE.test(path)) throw notFound(request);
    try {
      const name = path === '/' ? INDEX : path;
      const file = folder.get(name);
      if (file !== undefined) return await send(file, name, request, reply);
      const index = wantsPage(request, path) ? folder.get(INDEX) : undefined;
      if (index !== undefined) return await send(index, INDEX, request, reply);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    throw notFound(request);
  });
}
