// Which keys a Secret gives: one to sign with, and those that sensors trust.
import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { signingKeyOf } from './signing-key.ts';

function pair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicPem: String(publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

it('trusts its own public half and those beside it, each once, its own first', () => {
  const [now, before] = [pair(), pair()];
  const key = signingKeyOf(now.privatePem, `${before.publicPem}# of last year\n${now.publicPem}`);
  expect(key.trusted.map(({ pem }) => pem)).toEqual([now.publicPem, before.publicPem]);
  expect(key.id).toBe(key.trusted[0]?.id);
  expect(key.id).toMatch(/^[0-9a-f]{16}$/);
  expect(signingKeyOf(now.privatePem, '').trusted).toHaveLength(1);
});

it('takes no other kind of key, and no text that is none', () => {
  const { privatePem, publicPem } = pair();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const rsaPem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
  expect(() => signingKeyOf(privatePem, rsaPem)).toThrow(/one is rsa/);
  expect(() => signingKeyOf(publicPem, publicPem)).toThrow();
  expect(() => signingKeyOf('', publicPem)).toThrow();
  const many = Array.from({ length: 9 }, () => pair().publicPem).join('');
  expect(() => signingKeyOf(privatePem, many)).toThrow(/more than 8 keys/);
});
