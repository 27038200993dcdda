/**
 * The "internet" of the sample recording: HTTP, HTTPS (TLS 1.3, and one host that stopped at TLS 1.2).
 * Usage: node site.mjs CERT KEY. Listens on every address of its network namespace, ports 80, 443, 8443.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

const [certPath, keyPath] = process.argv.slice(2);
const tls = { cert: readFileSync(certPath), key: readFileSync(keyPath) };

const page = `<!doctype html><title>Shop</title><link rel="stylesheet" href="/style.css">
<h1>Lamps for people who read at night</h1>
<img src="https://cdn.example.net/hero.jpg"><img src="/lamp-1.jpg"><img src="/lamp-2.jpg">
<script src="https://metrics.example.org/collect.js"></script>`;

const types = {
  css: 'text/css',
  js: 'text/javascript',
  jpg: 'image/jpeg',
  bin: 'application/octet-stream',
};
const sizes = { css: 4_000, js: 12_000, jpg: 40_000, bin: 300_000 };

function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://x');
  if (pathname === '/') return response.setHeader('content-type', 'text/html').end(page);
  if (pathname === '/old') return response.writeHead(301, { location: '/' }).end();
  if (pathname === '/api/telemetry') {
    request
      .resume()
      .on('end', () => response.setHeader('content-type', 'application/json').end('{"ok":true}'));
    return;
  }
  const ending = pathname.split('.').at(-1);
  if (!(ending in sizes)) return response.writeHead(404).end('not here\n');
  response.setHeader('content-type', types[ending]).end(randomBytes(sizes[ending]));
}

createServer(answer).listen(80, '0.0.0.0');
createSecureServer({ ...tls, ALPNProtocols: ['http/1.1'] }, answer).listen(443, '0.0.0.0');
createSecureServer({ ...tls, maxVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] }, answer).listen(
  8443,
  '0.0.0.0',
);
