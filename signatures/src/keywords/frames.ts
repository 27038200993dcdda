/**
 * Frames: data units of protocols, named by protocol and frame or, where the header names the
 * protocol, by the frame alone.
 *
 * Source: Suricata 8, the frames its parsers register. Invariant: a name that no parser of Suricata's
 * has is a fault; whether this engine cuts it is for the engine to say.
 */
import { nearest } from '#contracts/nearest.ts';
import { text } from '../grammar.ts';
import { type Resolve, textOf } from '../model/resolve.ts';

const FRAMES: Readonly<Record<string, string>> = {
  bittorrent_dht: 'packet',
  dns: 'pdu',
  enip: 'pdu hdr data',
  ftp: 'command_line response_line',
  http1: 'request response',
  http2: 'pdu hdr data',
  ldap: 'pdu',
  modbus: 'pdu',
  mqtt: 'pdu header data',
  nfs: 'rpc.pdu rpc.hdr rpc.data rpc.creds nfs.pdu nfs.status nfs4.pdu nfs4.hdr nfs4.ops nfs4.status',
  pgsql: 'pdu',
  quic: 'pdu hdr data',
  rdp: 'pdu',
  rfb: 'pdu',
  sip: `pdu request.line request.headers request.body response.line response.headers
    response.body`,
  smb: `nbss.pdu nbss.hdr nbss.data smb1.pdu smb1.hdr smb1.data smb2.pdu smb2.hdr smb2.data
    smb3.pdu smb3.hdr smb3.data`,
  smtp: 'command_line data response_line',
  ssh: 'record.pdu record.hdr record.data',
  telnet: 'pdu ctl data',
  tls: 'pdu hdr data alert heartbeat ssl2.pdu ssl2.hdr',
  websocket: 'pdu header data',
};

const NAMES = new Set(
  Object.entries(FRAMES).flatMap(([protocol, names]) =>
    names.split(/\s+/).map((name) => `${protocol}.${name}`),
  ),
);

/** Protocols of headers by what frames call them. */
const HEADERS: Readonly<Record<string, string>> = { http: 'http1', ssl: 'tls' };

export const FRAME = text('PROTOCOL.FRAME', /^[\w-]+(\.[\w.-]+)?$/);

/** A name that only one protocol has says enough: `smb1.hdr`. */
function ofOneProtocol(name: string): string[] {
  const known = [...NAMES].filter((each) => each.slice(each.indexOf('.') + 1) === name);
  return known.length === 1 ? known : [];
}

/** `tls.pdu`, or `pdu` in a rule of tls. */
export const frame: Resolve = (builder, value) => {
  const name = textOf(value);
  const header = builder.surroundings.protocol;
  const whole = [name, `${HEADERS[header] ?? header}.${name}`, ...ofOneProtocol(name)].find(
    (each) => NAMES.has(each),
  );
  if (whole === undefined) {
    builder.fault ??= `frame: no protocol has a frame "${name}"${nearest(name, [...NAMES])}`;
    return;
  }
  builder.select(`frame:${whole}`, false);
};
