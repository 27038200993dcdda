/**
 * What a User-Agent says of the machine: operating system and kind.
 *
 * Invariants: a pure function; first pattern that fits; what a program may lie about counts less than what
 * a stack cannot help saying, so confidence stays at kConfidence. Patterns follow RFC 9110 section 10.1.5
 * and the browsers' own documentation of their strings.
 */
export interface AgentFacts {
  readonly os?: string;
  readonly detail?: string;
  readonly type?: string;
}

interface Pattern extends AgentFacts {
  readonly pattern: RegExp;
}

export const USER_AGENT_CONFIDENCE = 60;
const kMaxChars = 512;
const WINDOWS: Readonly<Record<string, string>> = {
  '10.0': '10, 11',
  '6.3': '8.1',
  '6.2': '8',
  '6.1': '7',
  '6.0': 'Vista',
  '5.1': 'XP',
};

const PATTERNS: readonly Pattern[] = [
  {
    pattern:
      /\b(SMART-TV|SmartTV|AppleTV|Apple TV|BRAVIA|AFT[A-Z]|GoogleTV|CrKey|Roku|HbbTV|Tizen.*TV|Web0S|webOS\.TV)/,
    type: 'TV',
  },
  { pattern: /\b(iPhone|iPod)\b.*?OS (\d+)[._]?(\d*)/, os: 'iOS', type: 'phone' },
  { pattern: /\b(iPhone|iPod|iPad)\b/, os: 'iOS', type: 'phone' },
  { pattern: /\bAndroid (\d+).*\bMobile\b/, os: 'Android', type: 'phone' },
  { pattern: /\bDalvik\/.*Android (\d+)/, os: 'Android', type: 'phone' },
  { pattern: /\bAndroid\b/, os: 'Android' },
  { pattern: /\bWindows Phone\b/, os: 'Windows', type: 'phone' },
  { pattern: /\bWindows NT (\d+\.\d+)/, os: 'Windows', type: 'laptop' },
  {
    pattern: /\b(Windows-Update-Agent|Microsoft-CryptoAPI|Microsoft NCSI|Microsoft BITS|Windows)\b/,
    os: 'Windows',
  },
  { pattern: /\bCrOS\b/, os: 'ChromeOS', type: 'laptop' },
  { pattern: /\bMacintosh\b|\bMac OS X\b|\bmacOS\b/, os: 'macOS', type: 'laptop' },
  { pattern: /\bCFNetwork\/.*\bDarwin\//, os: 'Apple' },
  { pattern: /\b(PlayStation|Nintendo|Xbox)\b/, type: 'IoT' },
  { pattern: /\b(sonos|Alexa|Echo|HomePod|Philips hue|Tuya|ESP8266|ESP32|Shelly)\b/i, type: 'IoT' },
  { pattern: /\b(Debian APT|apt-?http|dnf|yum|pacman)\b/i, os: 'Linux' },
  { pattern: /\bX11;.*Linux\b/, os: 'Linux', type: 'laptop' },
  { pattern: /\bLinux\b/, os: 'Linux' },
  { pattern: /\bFreeBSD\b/, os: 'FreeBSD' },
  { pattern: /\bOpenBSD\b/, os: 'OpenBSD' },
];

export function agentFacts(agent: string): AgentFacts | undefined {
  const text = agent.length > kMaxChars ? agent.slice(0, kMaxChars) : agent;
  for (const { pattern, os, type } of PATTERNS) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const detail = detailOf(os, found);
    return {
      ...(os === undefined ? {} : { os }),
      ...(type === undefined ? {} : { type }),
      ...(detail === undefined ? {} : { detail }),
    };
  }
  return undefined;
}

function detailOf(os: string | undefined, found: RegExpExecArray): string | undefined {
  if (os === 'Windows') return WINDOWS[found[1] ?? ''];
  if (os === 'iOS') return found[2];
  return os === 'Android' ? found[1] : undefined;
}
