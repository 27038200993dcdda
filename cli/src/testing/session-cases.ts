/** Rules of SSH, FTP and SMTP that must alert once on their traffic, and rules that must not. */
import { createHash } from 'node:crypto';
import type { KeywordCases } from './expect-case.ts';
import { FTP, SMTP, SSH } from './protocol-traffic.ts';

export const SESSION_CASES: readonly KeywordCases[] = [
  [
    'ssh',
    SSH,
    [
      [
        'ssh.proto',
        'flow:to_client; ssh.proto; content:"2.0"; bsize:3;',
        'ssh.proto; content:"1.99";',
      ],
      [
        'ssh.software',
        'ssh.software; content:"OpenSSH_9.6"; endswith;',
        'ssh.software; content:"Debian";',
      ],
      [
        'ssh.hassh.string',
        'ssh.hassh.string; content:"kex|3b|aes|3b|md5|3b|none"; bsize:16;',
        'ssh.hassh.string; content:"sha";',
      ],
      [
        'ssh.hassh.server.string',
        'ssh.hassh.server.string; content:"kex|3b|aes|3b|sha|3b|none";',
        'ssh.hassh.server.string; content:"md5";',
      ],
      [
        'ssh.hassh',
        `ssh.hassh; content:"${createHash('md5').update('kex;aes;md5;none').digest('hex')}";`,
        `ssh.hassh; content:"${createHash('md5').update('kex;aes;sha;none').digest('hex')}";`,
      ],
      [
        'ssh.hassh.server',
        `ssh.hassh.server; content:"${createHash('md5').update('kex;aes;sha;none').digest('hex')}";`,
        `ssh.hassh.server; content:"${createHash('md5').update('kex;aes;md5;none').digest('hex')}";`,
      ],
      ['ssh.protoversion', 'flow:to_server; ssh.protoversion:2_compat;', 'ssh.protoversion:1.99;'],
      ['ssh.softwareversion', 'ssh.softwareversion:"moth";', 'ssh.softwareversion:"Moth";'],
      [
        'frame ssh.record.pdu',
        'flow:to_server; frame:record.pdu; content:"|14|ccc"; offset:5; depth:4;',
        'frame:ssh.record.pdu; content:"SSH-2.0";',
      ],
      [
        'frame ssh.record.hdr',
        'flow:to_client; frame:ssh.record.hdr; content:"|14|"; endswith; bsize:6;',
        'frame:ssh.record.hdr; content:"kex";',
      ],
      [
        'frame ssh.record.data',
        'flow:to_client; frame:ssh.record.data; content:"sha"; content:"none";',
        'frame:ssh.record.data; content:"|14|c";',
      ],
    ],
  ],
  [
    'ftp',
    FTP,
    [
      ['ftp.command', 'ftp.command; content:"PASS"; bsize:4;', 'ftp.command; content:"LIST";'],
      [
        'ftp.command_data',
        'ftp.command_data; content:"swordfish";',
        'ftp.command_data; content:"PASS";',
      ],
      [
        'ftp.reply, several',
        'ftp.reply; content:"welcome"; ftp.reply; content:"in"; bsize:2;',
        'ftp.reply; content:"230";',
      ],
      [
        'ftp.completion_code',
        'ftp.completion_code; content:"331";',
        'ftp.completion_code; content:"500";',
      ],
      ['ftp.mode', 'ftp.mode:active; ftp.command; content:"PORT";', 'ftp.mode:passive;'],
      ['ftp.dynamic_port', 'ftp.dynamic_port:>2000; ftp.dynamic_port:2049;', 'ftp.dynamic_port:1;'],
      [
        'ftp.reply_received',
        'ftp.reply_received:yes; ftp.completion_code; content:"221";',
        'ftp.reply_received:no; ftp.completion_code; content:"221";',
      ],
      ['ftpbounce', 'ftpbounce;', 'ftpbounce; ftp.command; content:"USER";'],
    ],
  ],
  [
    'smtp',
    SMTP,
    [
      [
        'smtp.helo',
        'smtp.helo; content:"moth.example"; startswith; endswith;',
        'smtp.helo; content:"EHLO";',
      ],
      [
        'smtp.mail_from',
        'smtp.mail_from; content:"moth@a.example";',
        'smtp.mail_from; content:"bat";',
      ],
      [
        'smtp.rcpt_to, several',
        'smtp.rcpt_to; content:"owl"; smtp.rcpt_to; content:"bat";',
        'smtp.rcpt_to; content:"owl"; content:"bat";',
      ],
      ['email.from', 'email.from; content:"Moth <moth@a.example>";', 'email.from; content:"From";'],
      ['email.to', 'email.to; content:"bat@b.example, owl@b.example";', 'email.to; content:"cat";'],
      ['email.cc', 'email.cc; content:"cat@";', 'email.cc; content:"bat@";'],
      [
        'email.subject',
        'email.subject; content:"Night flight"; bsize:12;',
        'email.subject; content:"Day";',
      ],
      ['email.date', 'email.date; content:"21 Nov 2026";', 'email.date; content:"2025";'],
      [
        'email.message_id',
        'email.message_id; content:"<1@a.example>";',
        'email.message_id; content:"<2";',
      ],
      ['email.x_mailer', 'email.x_mailer; content:"wings";', 'email.x_mailer; content:"feet";'],
      [
        'email.url',
        'email.url; content:"lamp.example/on"; endswith;',
        'email.url; content:"http";',
      ],
      [
        'email.received, several',
        'email.received; content:"from a"; email.received; content:"from c";',
        'email.received; content:"from a"; content:"from c";',
      ],
      [
        'email.body_md5',
        'email.body_md5; bsize:32; pcre:"/^[0-9a-f]{32}$/";',
        'email.body_md5; bsize:<32;',
      ],
      ['file.name', 'file.name; content:"Dust.PDF"; bsize:8;', 'file.name; content:"dust";'],
      ['filename', 'filename:"dust";', 'filename:"rust";'],
      ['fileext', 'fileext:"pdf";', 'fileext:"pd";'],
      [
        'file.data',
        'file.data; content:"%PDF-1.4 dust"; startswith;',
        'file.data; content:"JVBER";',
      ],
      ['filesize', 'filesize:14;', 'filesize:>14;'],
      ['file.magic', 'file.magic; content:"PDF document";', 'file.magic; content:"ELF";'],
      ['filemagic', 'filemagic:"pdf DOCUMENT";', 'filemagic:"executable";'],
      [
        'frame smtp.command_line',
        'frame:command_line; content:"EHLO moth.example"; startswith; endswith;',
        'frame:smtp.command_line; content:"220";',
      ],
      [
        'frame smtp.response_line',
        'frame:smtp.response_line; content:"354 go"; bsize:6;',
        'frame:smtp.response_line; content:"EHLO";',
      ],
      [
        'frame smtp.data',
        'frame:smtp.data; content:"Received"; startswith; content:"--b--|0d 0a|.|0d 0a|"; endswith;',
        'frame:smtp.data; content:"354";',
      ],
    ],
  ],
];
