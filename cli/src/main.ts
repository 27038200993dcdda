/**
 * `netmoth`: the verbs and their options. What a verb does is loaded only when it is called, so that
 * `netmoth read` on a small file starts in a fraction of a second.
 *
 * Invariant: exit statuses are those of contracts/src/errors.ts; docs/cli.md lists them.
 */
import { Command, CommanderError, Option } from 'commander';
import { ERROR_CODES } from '#contracts/errors.ts';
import { readEnvironment } from './config.ts';
import { reportError } from './report-error.ts';

const environment = readEnvironment();

// The reader of our output (head, less) may go before we are done: no fault of anybody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const collect = (value: string, previous: readonly string[]): string[] => [...previous, value];

function dataDirOption(): Option {
  return new Option('--data-dir <dir>', 'state directory of `netmoth up`').default(
    environment.dataDir,
  );
}

function listOption(): Option {
  return new Option(
    '--list <file[,key=value…]>',
    'indicator list with name, format, type, category, confidence, severity, expires (repeatable)',
  )
    .argParser(collect)
    .default([]);
}

function iprepOption(): Option {
  return new Option('--iprep <dir>', 'reputations for iprep: categories.txt and *.list');
}

function geoipOption(): Option {
  return new Option('--geoip <file>', 'MaxMind database (.mmdb) for geoip');
}

function suppressOption(): Option {
  return new Option(
    '--suppress <sid>',
    'no alert of this rule: SID, GID:SID, or SID,track=by_src,ip=ADDRESSES (repeatable)',
  )
    .argParser(collect)
    .default([]);
}

/** Shows the examples of a verb below its options. */
function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ netmoth ${line}`).join('\n')}\n`;
}

const program = new Command('netmoth')
  .description('Network visibility and intrusion detection')
  .showHelpAfterError('(netmoth --help shows the verbs, netmoth <verb> --help their options)')
  .configureHelp({ sortSubcommands: false })
  .exitOverride();

program
  .command('read')
  .description('decode a capture file and write EVE events')
  .argument('<pcap>', 'pcap or pcapng file, - for standard input')
  .option('--eve <file>', 'NDJSON file to write, - for standard output', 'eve.ndjson')
  .addOption(
    new Option('--checksums <mode>', 'packets with wrong checksums: leave out or take')
      .choices(['validate', 'ignore'])
      .default('validate'),
  )
  .addOption(new Option('--dns-version <n>', 'form of dns events').choices(['2', '3']).default('2'))
  .option(
    '--eve-option <name=value>',
    "setting of Suricata's eve-log, e.g. ethernet=yes (repeatable)",
    collect,
    [],
  )
  .addOption(listOption())
  .option('--rules <file>', 'rules to match (repeatable)', collect, [])
  .option('--bundle <file>', 'compiled rules to match, instead of --rules')
  .option('--classification <file>', 'classes of rules with their priorities')
  .option('--reference <file>', 'systems of references with their URLs')
  .option('--threshold <file>', 'suppressions and rates by signature')
  .addOption(iprepOption())
  .addOption(geoipOption())
  .option('--enable <sid>', 'take this rule although it is commented out (repeatable)', collect, [])
  .option('--disable <sid>', 'leave this rule out, SID or GID:SID (repeatable)', collect, [])
  .addOption(suppressOption())
  .option('--var <name=value>', 'rule variable, e.g. HOME_NET=10.0.0.0/8 (repeatable)', collect, [])
  .option('--workers <n>', 'threads to read with (default 1)')
  .option('--set <name=value>', 'engine setting, e.g. midstream=true (repeatable)', collect, [])
  .option('--quiet', 'no progress and no summary', false)
  .addHelpText(
    'after',
    examples(
      'read capture.pcap --eve events.ndjson',
      'tcpdump -w - -c 1000 | netmoth read - --eve -',
      'read capture.pcap --set maxFlows=1000000 --checksums ignore',
      'read capture.pcap --list sslbl.csv --list ipsum.txt,category=scanner,severity=3',
    ),
  )
  .action(async (pcap: string, options) => {
    const { readCapture } = await import('./commands/read.ts');
    process.exitCode = await readCapture(pcap, { ...options, ...environment });
  });

program
  .command('up')
  .description('run the whole system on this machine: sensor, manager, dashboard, PostgreSQL, NATS')
  .option(
    '--interface <names>',
    'interfaces to capture: names and patterns, e.g. eth0,veth* (default: that of the default route)',
  )
  .option('--strategy <name>', 'how packets are taken: auto, afPacket, ebpf, pcap or afXdp', 'auto')
  .option('--bpf <filter>', 'capture filter in pcap-filter(7) syntax')
  .option('--pcap <file>', 'replay this capture instead of capturing')
  .option('--speed <n>', 'replay speed: 1 is the original pace, or max', '1')
  .option('--listen <host:port>', 'address of dashboard and API', '127.0.0.1:8470')
  .option('--geoip <file>', 'MaxMind database (.mmdb) for countries')
  .addOption(iprepOption())
  .addOption(listOption())
  .option('--rules <file>', 'rules to match (repeatable)', collect, [])
  .option('--bundle <file>', 'compiled rules to match, instead of --rules')
  .option('--classification <file>', 'classes of rules with their priorities')
  .option('--threshold <file>', 'suppressions and rates by signature')
  .option('--enable <sid>', 'take this rule although it is commented out (repeatable)', collect, [])
  .option('--disable <sid>', 'leave this rule out, SID or GID:SID (repeatable)', collect, [])
  .addOption(suppressOption())
  .option('--var <name=value>', 'rule variable, e.g. HOME_NET=10.0.0.0/8 (repeatable)', collect, [])
  .addOption(dataDirOption())
  .addHelpText(
    'after',
    examples(
      'up',
      'up --interface eth1 --bpf "not port 22"',
      'up --pcap samples/first-look.pcap --speed 10',
      'up --rules local.rules --list feodo.csv,category=botnet,severity=1',
      'up --listen 0.0.0.0:8470 --data-dir /var/lib/netmoth',
    ),
  )
  .action(async (options) => {
    const { up } = await import('./up/up.ts');
    process.exitCode = await up(options);
  });

program
  .command('query')
  .description('ask the manager for stored events')
  .argument('<list>', 'flows, dns, tls, http, alerts, anomalies, devices, beacons or privacy')
  .option('--device <ip>', 'either end has this address')
  .option('--last <duration>', 'time range up to now, e.g. 15m, 1h, 7d')
  .option('--since <time>', 'start of the range, RFC 3339')
  .option('--until <time>', 'end of the range, RFC 3339')
  .option('--limit <n>', 'rows at most (default: 100; with --json and --csv all there are)')
  .option('--where <field=value>', 'further filter, e.g. app_proto=tls (repeatable)', collect, [])
  .option('--json', 'one JSON object a line')
  .option('--csv', 'comma-separated values with a header')
  .option('--url <url>', 'manager to ask (default: the one of --data-dir)')
  .option('--token <token>', 'API token for --url')
  .addOption(dataDirOption())
  .addHelpText(
    'after',
    examples(
      'query flows --device 192.168.1.50 --last 1h',
      'query dns --where rrname=example.org --last 1d --json',
      'query anomalies --where type=behaviour --last 7d',
      'query alerts --since 2026-11-20T00:00:00Z --csv > alerts.csv',
    ),
  )
  .action(async (list: string, options) => {
    const { query } = await import('./commands/query.ts');
    await query(list, options, environment);
  });

program
  .command('status')
  .description('what runs, what is captured and what is lost')
  .option('--json', 'the health and sensors documents as JSON')
  .option('--url <url>', 'manager to ask (default: the one of --data-dir)')
  .option('--token <token>', 'API token for --url')
  .addOption(dataDirOption())
  .addHelpText('after', examples('status', 'status --json | jq .health.parts'))
  .action(async (options) => {
    const { status } = await import('./commands/status.ts');
    process.exitCode = await status(options, environment);
  });

const rules = program.command('rules').description('check and compile Suricata rules');

rules
  .command('check')
  .description('read rule files and indicator lists and name every fault; nothing is matched')
  .argument(
    '[file...]',
    'rule files, plain or gzip; classification.config and reference.config by name',
  )
  .option('--json', 'one JSON object: {loaded, failed, faults: […], …}')
  .addOption(iprepOption())
  .addOption(geoipOption())
  .addOption(listOption())
  .option('--var <name=value>', 'rule variable, e.g. HOME_NET=10.0.0.0/8 (repeatable)', collect, [])
  .addHelpText(
    'after',
    examples(
      'rules check local.rules',
      'rules check *.rules classification.config --json | jq .failed',
      "rules check local.rules --var 'HOME_NET=[10.0.0.0/8,192.168.0.0/16]'",
    ),
  )
  .action(async (files: string[], options) => {
    const { rulesCheck } = await import('./commands/rules-check.ts');
    process.exitCode = await rulesCheck(files, options);
  });

rules
  .command('compile')
  .description('compile rule files into one bundle; what has a fault is named and left out')
  .argument(
    '[file...]',
    'rule files, plain or gzip; classification.config, reference.config, threshold.config by name',
  )
  .requiredOption('-o, --output <bundle>', 'file to write')
  .option('--classification <file>', 'classes of rules with their priorities')
  .option('--reference <file>', 'systems of references with their URLs')
  .option('--threshold <file>', 'suppressions and rates by signature')
  .addOption(iprepOption())
  .addOption(geoipOption())
  .option('--enable <sid>', 'take this rule although it is commented out (repeatable)', collect, [])
  .option('--disable <sid>', 'leave this rule out, SID or GID:SID (repeatable)', collect, [])
  .addOption(suppressOption())
  .option('--var <name=value>', 'rule variable, e.g. HOME_NET=10.0.0.0/8 (repeatable)', collect, [])
  .addOption(listOption())
  .option('--sign-key <pem>', 'Ed25519 private key to sign the bundle with')
  .option('--json', 'one JSON object: {digest, manifest, loaded, failed, faults: […], …}')
  .addHelpText(
    'after',
    examples(
      'rules compile local.rules -o local.bundle',
      'rules compile *.rules --classification classification.config -o rules.bundle',
      'rules compile --list sslbl.csv --list feodo.csv,category=botnet,severity=1 -o lists.bundle',
      'rules compile *.rules --sign-key key.pem -o rules.bundle --json | jq .digest',
    ),
  )
  .action(async (files: string[], options) => {
    const { rulesCompile } = await import('./commands/rules-compile.ts');
    process.exitCode = await rulesCompile(files, options);
  });

rules
  .command('explain')
  .description('say in words what a rule matches and which prefilter finds it')
  .argument('<sid>', 'signature id, or GID:SID')
  .argument('<file...>', 'rule files, or one bundle')
  .option('--classification <file>', 'classes of rules with their priorities')
  .addOption(iprepOption())
  .addOption(geoipOption())
  .option('--var <name=value>', 'rule variable, e.g. HOME_NET=10.0.0.0/8 (repeatable)', collect, [])
  .addHelpText(
    'after',
    examples('rules explain 2035381 *.rules classification.config', 'rules explain 7 rules.bundle'),
  )
  .action(async (sid: string, files: string[], options) => {
    const { rulesExplain } = await import('./commands/rules-explain.ts');
    process.exitCode = await rulesExplain(sid, files, options);
  });

rules
  .command('test')
  .description('read a capture against rules and compare the alerts with those expected')
  .argument('<file...>', 'rule files, then the capture')
  .option('--expect <alerts>', 'none, or sid=1,count=2 (repeatable)', collect, [])
  .option('--classification <file>', 'classes of rules with their priorities')
  .option('--threshold <file>', 'suppressions and rates by signature')
  .addOption(suppressOption())
  .addOption(iprepOption())
  .addOption(geoipOption())
  .addOption(listOption())
  .option('--var <name=value>', 'rule variable, e.g. HOME_NET=10.0.0.0/8 (repeatable)', collect, [])
  .option('--set <name=value>', 'engine setting, e.g. midstream=true (repeatable)', collect, [])
  .option('--json', 'one JSON object: {passed, alerts, differences: […]}')
  .addHelpText(
    'after',
    examples(
      'rules test local.rules attack.pcap --expect sid=1000001,count=2',
      'rules test local.rules quiet.pcap --expect none',
      'rules test local.rules web.pcap --expect sid=7,count=1-3,dest_port=80,http.hostname=example.org',
    ),
  )
  .action(async (files: string[], options) => {
    const { rulesTest } = await import('./commands/rules-test.ts');
    process.exitCode = await rulesTest(files, { ...options, ...environment });
  });

rules
  .command('profile')
  .description('read a capture against rules and name those that cost most')
  .argument('<pcap>', 'pcap or pcapng file')
  .option('--rules <file>', 'rules to match (repeatable)', collect, [])
  .option('--limit <n>', 'rules to list', '20')
  .option('--classification <file>', 'classes of rules with their priorities')
  .addOption(iprepOption())
  .addOption(geoipOption())
  .addOption(listOption())
  .option('--var <name=value>', 'rule variable, e.g. HOME_NET=10.0.0.0/8 (repeatable)', collect, [])
  .option('--set <name=value>', 'engine setting, e.g. midstream=true (repeatable)', collect, [])
  .option('--json', 'one JSON object with the costs as numbers')
  .addHelpText(
    'after',
    examples(
      'rules profile capture.pcap --rules local.rules',
      'rules profile capture.pcap --rules emerging-all.rules --limit 50 --json',
    ),
  )
  .action(async (pcap: string, options) => {
    const { rulesProfile } = await import('./commands/rules-profile.ts');
    process.exitCode = await rulesProfile(pcap, { ...options, ...environment });
  });

program
  .command('sensor')
  .description('run the sensor of one node')
  .allowUnknownOption()
  .helpOption(false)
  .argument('[options...]', 'see netmoth sensor --help')
  .action(async (_args: string[], _options, command: Command) => {
    const { runSensor } = await import('#sensor/main.ts');
    process.exitCode = await runSensor(command.args);
  });

program
  .command('manager')
  .description('run one manager replica: ingest, API and dashboard')
  .allowUnknownOption()
  .helpOption(false)
  .argument('[options...]', 'see netmoth manager --help')
  .action(async (_args: string[], _options, command: Command) => {
    const { runManager } = await import('#manager/main.ts');
    process.exitCode = await runManager(command.args);
  });

program
  .command('operator')
  .description('run one operator replica: sensors and their status on a Kubernetes cluster')
  .allowUnknownOption()
  .helpOption(false)
  .argument('[options...]', 'see netmoth operator --help')
  .action(async (_args: string[], _options, command: Command) => {
    const { runOperator } = await import('#operator/main.ts');
    process.exitCode = await runOperator(command.args);
  });

program
  .command('version')
  .description('versions of netmoth, of its event schema and of the Node it runs on')
  .action(async () => {
    const { printVersion } = await import('./commands/version.ts');
    await printVersion();
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : ERROR_CODES.NM_USAGE.exit;
  } else {
    process.exitCode = reportError(error);
  }
}
