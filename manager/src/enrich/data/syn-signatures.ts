/**
 * Our own table of what systems put into a SYN: initial TTL, window, window scale, kinds of options in order.
 *
 * Licence: this file is Netmoth's own work, under the licence of the repository. It is written from facts in
 * public sources, not from another program's signature file: the source code and sysctl documentation of Linux
 * (tcp_output.c: initial window of 10, later 44 segments; tcp_rmem), FreeBSD, OpenBSD and NetBSD (tcp_output.c,
 * tcp_syncache.c), XNU; Microsoft's documentation of TcpWindowSize and autotuning; Lippmann et al., "Passive
 * Operating System Identification From TCP/IP Packet Headers" (2003); the defaults of lwIP (opt.h), Contiki
 * (uip-conf.h) and FreeRTOS+TCP; the documentation of Nmap, masscan and ZMap for what scanners send.
 *
 * Invariant: no two rows are the same but for their names (a test compares). Kinds: 2 MSS, 1 no operation,
 * 3 window scale, 4 SACK permitted, 8 time stamps.
 */
export interface SynSignature {
  readonly os: string;
  readonly detail: string;
  /** As sent, before any router. */
  readonly ttl: number;
  readonly window: number | { readonly timesMss: number } | '*';
  /** undefined: not offered. */
  readonly scale: number | '*' | undefined;
  /** Kinds of options, comma between them. */
  readonly options: string;
}

type Rest = readonly [
  ttl: number,
  window: SynSignature['window'],
  scale: SynSignature['scale'],
  options: string,
];

const row = (os: string, detail: string, ...[ttl, window, scale, options]: Rest): SynSignature => ({
  ...{ os, detail, ttl, window, scale, options },
});

export const SYN_SIGNATURES: readonly SynSignature[] = [
  row('Linux', '2.4 and early 2.6', 64, { timesMss: 4 }, 0, '2,4,8,1,3'),
  row('Linux', '2.4', 64, { timesMss: 4 }, undefined, '2,4,8'),
  row('Linux', '2.6', 64, { timesMss: 4 }, 1, '2,4,8,1,3'),
  row('Linux', '2.6', 64, { timesMss: 4 }, 2, '2,4,8,1,3'),
  row('Linux', '2.6', 64, { timesMss: 4 }, 5, '2,4,8,1,3'),
  row('Linux', '2.6', 64, { timesMss: 4 }, 6, '2,4,8,1,3'),
  row('Linux', '2.6', 64, { timesMss: 4 }, 7, '2,4,8,1,3'),
  row('Linux', '2.6', 64, { timesMss: 4 }, 8, '2,4,8,1,3'),
  row('Linux', '2.6', 64, { timesMss: 4 }, 9, '2,4,8,1,3'),
  row('Linux', '2.6.39 to 3.x', 64, { timesMss: 10 }, 4, '2,4,8,1,3'),
  row('Linux', '2.6.39 to 3.x', 64, { timesMss: 10 }, 5, '2,4,8,1,3'),
  row('Linux', '2.6.39 to 3.x', 64, { timesMss: 10 }, 6, '2,4,8,1,3'),
  row('Linux', '2.6.39 to 3.x', 64, { timesMss: 10 }, 7, '2,4,8,1,3'),
  row('Linux', '2.6.39 to 3.x', 64, { timesMss: 10 }, 8, '2,4,8,1,3'),
  row('Linux', '2.6.39 to 3.x', 64, { timesMss: 10 }, 9, '2,4,8,1,3'),
  row('Linux', '3.x to 4.19', 64, { timesMss: 20 }, 6, '2,4,8,1,3'),
  row('Linux', '3.x to 4.19', 64, { timesMss: 20 }, 7, '2,4,8,1,3'),
  row('Linux', '3.x to 4.19', 64, { timesMss: 20 }, 8, '2,4,8,1,3'),
  row('Linux', '3.x to 4.19', 64, { timesMss: 20 }, 9, '2,4,8,1,3'),
  row('Linux', '3.x to 4.19', 64, { timesMss: 20 }, 10, '2,4,8,1,3'),
  row('Linux', '4.20 and later', 64, { timesMss: 44 }, 6, '2,4,8,1,3'),
  row('Linux', '4.20 and later', 64, { timesMss: 44 }, 7, '2,4,8,1,3'),
  row('Linux', '4.20 and later', 64, { timesMss: 44 }, 8, '2,4,8,1,3'),
  row('Linux', '4.20 and later', 64, { timesMss: 44 }, 9, '2,4,8,1,3'),
  row('Linux', '4.20 and later', 64, { timesMss: 44 }, 10, '2,4,8,1,3'),
  row('Linux', '4.20 and later', 64, { timesMss: 44 }, 11, '2,4,8,1,3'),
  row('Linux', '4.20 and later, window as given for 1460', 64, 64240, 7, '2,4,8,1,3'),
  row('Linux', '5.x and later, loopback or large frames', 64, 65495, 7, '2,4,8,1,3'),
  row('Linux', '4.x, loopback or large frames', 64, 43690, 7, '2,4,8,1,3'),
  row('Linux', '3.x, loopback', 64, 43690, '*', '2,4,8,1,3'),
  row('Linux', 'without time stamps', 64, { timesMss: 44 }, 7, '2,1,1,4,1,3'),
  row('Linux', 'without time stamps, 3.x to 4.19', 64, { timesMss: 20 }, 7, '2,1,1,4,1,3'),
  row('Linux', 'without time stamps, 2.6', 64, { timesMss: 10 }, 7, '2,1,1,4,1,3'),
  row('Linux', 'some version', 64, '*', '*', '2,4,8,1,3'),
  row('Linux', 'some version, no time stamps', 64, '*', '*', '2,1,1,4,1,3'),
  row('Android', '4 to 15', 64, 65535, 6, '2,4,8,1,3'),
  row('Android', '4 to 15', 64, 65535, 7, '2,4,8,1,3'),
  row('Android', '4 to 15', 64, 65535, 8, '2,4,8,1,3'),
  row('Android', '4 to 15', 64, 65535, 9, '2,4,8,1,3'),
  row('Android', '4 to 15', 64, 65535, 10, '2,4,8,1,3'),
  row('Android', '2 to 6', 64, 65535, 1, '2,4,8,1,3'),
  row('Android', '2 to 6', 64, 65535, 3, '2,4,8,1,3'),
  row('Android', '2 to 6', 64, 65535, 4, '2,4,8,1,3'),
  row('Android', '2 to 6', 64, 65535, 5, '2,4,8,1,3'),
  row('Windows', 'NT 4, 95', 128, 8192, undefined, '2'),
  row('Windows', '98', 128, 8192, undefined, '2,1,1,4'),
  row('Windows', '2000', 128, 16384, undefined, '2,1,1,4'),
  row('Windows', '2000 SP4, XP', 128, 65535, undefined, '2,1,1,4'),
  row('Windows', 'XP, Server 2003', 128, 64240, undefined, '2,1,1,4'),
  row('Windows', 'XP with scaling', 128, 65535, '*', '2,1,3,1,1,4'),
  row('Windows', 'Vista, Server 2008', 128, 8192, 2, '2,1,3,1,1,4'),
  row('Windows', '7, 8, Server 2008 R2, 2012', 128, 8192, 8, '2,1,3,1,1,4'),
  row('Windows', '7 with time stamps', 128, 8192, 8, '2,1,3,4,8'),
  row('Windows', '7, 8', 128, 8192, 0, '2,1,3,1,1,4'),
  row('Windows', '10, 11, Server 2016 and later', 128, 64240, 8, '2,1,3,1,1,4'),
  row('Windows', '10, 11', 128, 65535, 8, '2,1,3,1,1,4'),
  row('Windows', '10, 11', 128, 64240, 7, '2,1,3,1,1,4'),
  row('Windows', '10, 11, narrow link', 128, { timesMss: 44 }, 8, '2,1,3,1,1,4'),
  row('Windows', '10, 11 with time stamps', 128, 64240, 8, '2,1,3,4,8'),
  row('Windows', '10, 11 with time stamps', 128, 65535, 8, '2,1,3,4,8'),
  row('Windows', 'some version', 128, '*', '*', '2,1,3,1,1,4'),
  row('Windows', 'some old version', 128, '*', undefined, '2,1,1,4'),
  row('macOS', '10.5, 10.6', 64, 65535, 3, '2,1,3,1,1,8,4'),
  row('macOS', '10.7 to 10.8', 64, 65535, 3, '2,1,3,1,1,8,4,0'),
  row('macOS', '10.4', 64, 65535, 0, '2,1,3,1,1,8'),
  row('macOS', '10.5', 64, 65535, 1, '2,1,3,1,1,8,4'),
  row('macOS', '10.8, 10.9', 64, 65535, 4, '2,1,3,1,1,8,4'),
  row('Apple', 'macOS 10.10 and later, iOS 9 and later', 64, 65535, 5, '2,1,3,1,1,8,4'),
  row('Apple', 'macOS 10.14 and later, iOS 12 and later', 64, 65535, 6, '2,1,3,1,1,8,4'),
  row('Apple', 'macOS, iOS, recent', 64, 65535, 7, '2,1,3,1,1,8,4'),
  row('Apple', 'macOS, iOS, recent', 64, 65535, 8, '2,1,3,1,1,8,4'),
  row('iOS', '4 to 8', 64, 65535, 2, '2,1,3,1,1,8,4'),
  row('Apple', 'some version', 64, '*', '*', '2,1,3,1,1,8,4'),
  row('macOS', '10.2, 10.3', 64, 32768, 0, '2,1,3,1,1,8'),
  row('FreeBSD', '4', 64, 16384, undefined, '2'),
  row('FreeBSD', '4.6 to 4.11', 64, 57344, 0, '2,1,3,1,1,8'),
  row('FreeBSD', '7, 8', 64, 65535, 3, '2,1,3,4,8'),
  row('FreeBSD', '9 and later', 64, 65535, 6, '2,1,3,4,8'),
  row('FreeBSD', '9 and later, large buffers', 64, 65535, 7, '2,1,3,4,8'),
  row('FreeBSD', '9 and later, large buffers', 64, 65535, 9, '2,1,3,4,8'),
  row('FreeBSD', 'some version', 64, 65535, '*', '2,1,3,4,8'),
  row('OpenBSD', '3, 4', 64, 16384, 0, '2,1,1,4,1,3,1,1,8'),
  row('OpenBSD', '5', 64, 16384, 3, '2,1,1,4,1,3,1,1,8'),
  row('OpenBSD', '6 and later', 64, 16384, 6, '2,1,1,4,1,3,1,1,8'),
  row('OpenBSD', 'some version', 64, '*', '*', '2,1,1,4,1,3,1,1,8'),
  row('NetBSD', '3 to 6', 64, 32768, 0, '2,1,3,4,1,1,8'),
  row('NetBSD', '7 and later', 64, 32768, 3, '2,1,3,4,1,1,8'),
  row('NetBSD', 'some version', 64, '*', '*', '2,1,3,4,1,1,8'),
  row('Solaris', '8, 9', 64, 24820, undefined, '1,1,4,2'),
  row('Solaris', '10', 64, 49640, 0, '2,1,3,1,1,4'),
  row('Solaris', '10 and later', 64, 64240, 2, '4,8,2,1,3'),
  row('Solaris', '11', 64, 64240, 5, '4,8,2,1,3'),
  row('Solaris', 'some version', 64, '*', '*', '4,8,2,1,3'),
  row('AIX', '5, 6', 64, 16384, undefined, '2,1,1,8'),
  row('HP-UX', '11', 64, 32768, 0, '2,1,3,1,1'),
  row('HP-UX', '11', 64, 32768, undefined, '2,1,1,4'),
  row('embedded', 'lwIP (ESP8266, ESP32, small devices)', 255, { timesMss: 4 }, undefined, '2'),
  row('embedded', 'lwIP with 5744 octets', 255, 5744, undefined, '2'),
  row('embedded', 'lwIP 2', 255, 5760, undefined, '2'),
  row('embedded', 'lwIP 2 of ESP-IDF', 64, 5744, undefined, '2'),
  row('embedded', 'lwIP 2 of ESP-IDF', 64, 5760, undefined, '2'),
  row('embedded', 'uIP, Contiki', 64, 1240, undefined, '2'),
  row('embedded', 'VxWorks', 64, 8192, undefined, '2'),
  row('embedded', 'VxWorks 5.5 and later', 64, 8192, 0, '2,1,3'),
  row('embedded', 'eCos, small stack', 64, 17520, undefined, '2'),
  row('embedded', 'FreeRTOS+TCP', 128, { timesMss: 2 }, undefined, '2'),
  row('embedded', 'printer, HP JetDirect', 64, { timesMss: 4 }, undefined, '2'),
  row('Cisco IOS', '12 to 15', 255, 4128, undefined, '2'),
  row('Junos', '8 and later', 64, 16384, 0, '2,1,3,1,1,8'),
  row('scanner', 'Nmap SYN scan', 64, 1024, undefined, '2'),
  row('scanner', 'masscan', 255, 1024, undefined, ''),
  row('scanner', 'ZMap', 255, 65535, undefined, ''),
  row('scanner', 'Nmap SYN scan', 64, 2048, undefined, '2'),
  row('scanner', 'Nmap SYN scan', 64, 3072, undefined, '2'),
  row('scanner', 'Nmap SYN scan', 64, 4096, undefined, '2'),
];
