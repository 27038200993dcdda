/**
 * A TLS 1.2 handshake between two ends of this process, with a certificate made for it.
 *
 * Invariant: what is random in it (keys, session) is in no field a test asks for.
 */
import { Duplex } from 'node:stream';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import { conversation, type Segment } from './packets.ts';

/** Of moth.example and bat.example, valid from 2020-01-02 to 2021-03-04. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBijCCATCgAwIBAgIIChssPU5fYHEwCgYIKoZIzj0EAwIwNjELMAkGA1UEBhMC
REUxEDAOBgNVBAoMB05ldG1vdGgxFTATBgNVBAMMDG1vdGguZXhhbXBsZTAeFw0y
MDAxMDIwMDAwMDBaFw0yMTAzMDQwMDAwMDBaMDYxCzAJBgNVBAYTAkRFMRAwDgYD
VQQKDAdOZXRtb3RoMRUwEwYDVQQDDAxtb3RoLmV4YW1wbGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAASbB7C9e59nynMC0YO1uI15AoYkLMtMiSrNmrvqNoSFbNXX
KwcrS6ziLjhpQ7GIRLrjwUgcO27fyPIy553nr/6uoygwJjAkBgNVHREEHTAbggxt
b3RoLmV4YW1wbGWCC2JhdC5leGFtcGxlMAoGCCqGSM49BAMCA0gAMEUCIGvO9I5O
gjF+6F2K2H5fijSqfAF4z/GVugltJQ0mA/g4AiEA/EfBBG+KOfUAWyaZ6INBq38f
JeXzCMm4TG8TD3b29Tw=
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnYI0ox8XLpz2JsCL
EQc8k7PCl1diBjdwJ+x01Or0vvShRANCAASbB7C9e59nynMC0YO1uI15AoYkLMtM
iSrNmrvqNoSFbNXXKwcrS6ziLjhpQ7GIRLrjwUgcO27fyPIy553nr/6u
-----END PRIVATE KEY-----
`;

/** Two ends of one stream; what each writes is noted before the other reads it. */
function pair(note: (from: Segment['from'], octets: Buffer) => void): [Duplex, Duplex] {
  const end = (from: Segment['from'], other: () => Duplex) =>
    new Duplex({
      read() {
        // What the other end writes is pushed.
      },
      write(octets: Buffer, _encoding, done) {
        note(from, octets);
        other().push(octets);
        done();
      },
    });
  const client: Duplex = end('client', () => server);
  const server: Duplex = end('server', () => client);
  return [client, server];
}

export async function tlsConversation(): Promise<Buffer> {
  const segments: Segment[] = [];
  const [clientEnd, serverEnd] = pair((from, octets) => {
    segments.push({ from, text: octets.toString('latin1') });
  });
  const server = new TLSSocket(serverEnd, {
    isServer: true,
    secureContext: createSecureContext({ cert: CERTIFICATE, key: KEY, maxVersion: 'TLSv1.2' }),
    ALPNProtocols: ['moth/1'],
  });
  const client = connect({
    socket: clientEnd,
    servername: 'moth.example',
    ALPNProtocols: ['bat/1', 'moth/1'],
    maxVersion: 'TLSv1.2',
    rejectUnauthorized: false,
  });
  await new Promise<void>((done, failed) => {
    client.once('error', failed);
    server.once('error', failed);
    server.once('data', () => done());
    client.once('secureConnect', () => client.write('hello'));
  });
  client.destroy();
  server.destroy();
  return conversation(443, segments);
}
