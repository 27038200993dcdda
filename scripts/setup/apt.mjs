// Debian packages. Invariants: only what is missing is installed; without the right to install, the
// command that does it is printed; on another system the programs themselves are looked for.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './step-runner.mjs';

/** Package → a program or file it brings, for systems without dpkg. */
const kRunPackages = {
  cmake: 'cmake',
  'ninja-build': 'ninja',
  'g++': 'g++',
  'pkg-config': 'pkg-config',
  ccache: 'ccache',
  bpftool: '/usr/sbin/bpftool',
  'clang-14': 'clang-14',
  'libbpf-dev': '/usr/include/bpf/libbpf.h',
  'libpcap-dev': '/usr/include/pcap/pcap.h',
  'nettle-dev': '/usr/include/nettle/sha2.h',
  'libbrotli-dev': '/usr/include/brotli/decode.h',
  'liblzma-dev': '/usr/include/lzma.h',
  'libmagic-dev': '/usr/include/magic.h',
  'libpcre2-dev': '/usr/include/pcre2.h',
  'libvectorscan-dev': '/usr/include/hs/hs.h',
  // The IEEE's listing of makers of network interfaces, which the manager reads.
  'ieee-data': '/usr/share/ieee-data/oui.txt',
  // Countries and autonomous systems of addresses (IPFire's, CC BY-SA 4.0), which the manager reads.
  'libloc-database': '/usr/share/libloc-location/location.db',
  unzip: 'unzip',
  'zlib1g-dev': '/usr/include/zlib.h',
};

const kTestPackages = {
  'libgtest-dev': '/usr/include/gtest/gtest.h',
  'clang-14': 'clang++-14',
  'libclang-rt-14-dev': '/usr/lib/llvm-14/lib/clang',
  'llvm-14': 'llvm-cov-14',
  'clang-format-14': 'clang-format-14',
  'clang-tidy-14': 'clang-tidy-14',
  chromium: 'chromium',
  'fonts-dejavu-core': '/usr/share/fonts/truetype/dejavu',
  tcpdump: 'tcpdump',
  iproute2: 'ip',
  valgrind: 'valgrind',
};

/** What `npm run e2e` runs a real Kubernetes node with. */
const kNodePackages = {
  conntrack: 'conntrack',
  containerd: 'containerd',
  'containernetworking-plugins': '/usr/lib/cni/ptp',
  iproute2: 'ip',
  iptables: 'iptables',
  nftables: 'nft',
  runc: 'runc',
};

export function aptStep({ tests, node = false }) {
  const wanted = {
    ...kRunPackages,
    ...(tests ? kTestPackages : {}),
    ...(node ? kNodePackages : {}),
  };
  return {
    name: 'packages',
    title: 'system packages',
    needs: [],
    fresh: () => missingPackages(wanted).length === 0,
    async run({ say, exec }) {
      const missing = missingPackages(wanted);
      say(`installing ${missing.join(' ')}`);
      const prefix = privilege(missing);
      await installPackages(missing, prefix, exec);
    },
  };
}

/** Installs with apt-get, after refreshing the package lists where that is needed. */
async function installPackages(packages, prefix, exec) {
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'apt-get', '-o', 'DPkg::Lock::Timeout=600', ...args];
    return exec(command, rest, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  };
  const install = () => apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  if (!packageListsPresent()) await apt('update', '-q');
  try {
    await install();
  } catch {
    await apt('update', '-q');
    await install();
  }
}

/** How to become root: not at all, or sudo; else the message says what root must run. */
function privilege(packages) {
  if (!hasDpkg()) {
    throw new SetupError(
      `this system has no apt: install what Debian calls ${packages.join(' ')}, then run it again`,
    );
  }
  if (process.getuid?.() === 0) return [];
  const command = `apt-get install -y ${packages.join(' ')}`;
  if (commandPath('sudo') === undefined) {
    throw new SetupError(`packages are missing; as root run \`${command}\`, then run it again`);
  }
  try {
    execFileSync('sudo', ['-v', ...(process.stdin.isTTY ? [] : ['-n'])], { stdio: 'inherit' });
  } catch {
    throw new SetupError(`packages are missing and sudo refuses; run \`sudo ${command}\` first`);
  }
  return ['sudo', 'env', 'DEBIAN_FRONTEND=noninteractive'];
}

export function missingPackages(wanted) {
  const names = Object.keys(wanted);
  if (!hasDpkg()) return names.filter((name) => !present(wanted[name]));
  const installed = new Set(installedPackages(names));
  return names.filter((name) => !installed.has(name));
}

function installedPackages(names) {
  // dpkg-query's exit status is 1 when one of them is unknown; its output is right all the same.
  const format = `--showformat=\${Package} \${db:Status-Status}\n`;
  const output = outputOf('dpkg-query', ['--show', format, ...names]);
  return output
    .split('\n')
    .filter((line) => line.endsWith(' installed'))
    .map((line) => line.split(' ')[0]);
}

function outputOf(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    return error.stdout ?? '';
  }
}

function packageListsPresent() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));
  } catch {
    return false;
  }
}

function hasDpkg() {
  return commandPath('dpkg-query') !== undefined && commandPath('apt-get') !== undefined;
}

function present(probe) {
  return probe.startsWith('/') ? existsSync(probe) : commandPath(probe) !== undefined;
}

/** The full path of a program on the PATH. */
export function commandPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
