/**
 * Collects what the options of one rule mean, in their order.
 *
 * Source: Suricata 8 user guide, "Modifier Keywords", "Multiple Buffer Matching". Invariants: a matcher
 * stands in exactly one inspection; a buffer that is filled once has one inspection per list of
 * transforms, a buffer filled many times a new one per use of its keyword.
 */
import type { AddressFacts } from '../addresses/address-tables.ts';
import type { FieldValue } from '../rule.ts';
import type {
  Amount,
  ContentMatcher,
  FieldTest,
  FlowTest,
  Inspection,
  Matcher,
  Rate,
  StateOperation,
  Tag,
  Transform,
} from './rule-model.ts';

export const PAYLOAD = 'payload';

type Side = Inspection['side'];
type Changed<T> = { -readonly [K in keyof T]: T[K] };
interface OpenInspection extends Inspection {
  readonly transforms: Transform[];
  readonly matchers: Matcher[];
}

const NO_FLOW: FlowTest = {
  toServer: false,
  toClient: false,
  established: false,
  notEstablished: false,
  stateless: false,
  onlyStream: false,
  noStream: false,
  onlyFragments: false,
  noFragments: false,
};

/** What a rule's options may ask of what is around them. */
export interface Surroundings {
  /** The header's protocol. */
  readonly protocol: string;
  /** The text of a file the rule names; undefined where there is none. */
  readonly readList: (name: string) => string | undefined;
  readonly addresses: AddressFacts;
}

export interface RuleMeta {
  classtype: string;
  priority: number | undefined;
  target: '' | 'src_ip' | 'dest_ip';
  noAlert: boolean;
  rate: Rate | undefined;
  readonly tags: Tag[];
  readonly references: { system: string; id: string }[];
  readonly metadata: [string, string][];
}

export class RuleBuilder {
  readonly meta: RuleMeta = {
    classtype: '',
    priority: undefined,
    target: '',
    noAlert: false,
    rate: undefined,
    tags: [],
    references: [],
    metadata: [],
  };
  flow: FlowTest = NO_FLOW;
  readonly tests: FieldTest[] = [];
  readonly conditions: StateOperation[] = [];
  readonly effects: StateOperation[] = [];
  readonly variables: string[] = [];
  /** The first thing that cannot be resolved. */
  fault: string | undefined;

  readonly surroundings: Surroundings;

  readonly #inspections: OpenInspection[] = [];
  #buffer = PAYLOAD;
  #side: Side = 'any';
  #transforms: Transform[] = [];
  /** Where the next matcher of the selected buffer goes. */
  #current: OpenInspection | undefined;
  #multi = false;
  #content: { list: OpenInspection; at: number } | undefined;

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  get inspections(): Inspection[] {
    return this.#inspections.filter(({ matchers }) => matchers.length > 0);
  }

  select(buffer: string, multi: boolean, side: Side = 'any'): void {
    this.#buffer = buffer;
    this.#side = side;
    this.#multi = multi;
    this.#transforms = [];
    this.#current = undefined;
  }

  transform(transform: Transform): void {
    this.#transforms = [...this.#transforms, transform];
    this.#current = undefined;
  }

  match(matcher: Matcher, buffer?: string): void {
    const list =
      buffer === undefined ? this.#listOf(matcher) : this.#inspectionOf(buffer, 'any', []);
    list.matchers.push(matcher);
    if (matcher.type === 'content') this.#content = { list, at: list.matchers.length - 1 };
  }

  /** A modifier belongs to the last content, even where another match stands between them. */
  modify(change: Partial<ContentMatcher>): void {
    const matcher = this.lastContent();
    if (matcher === undefined || this.#content === undefined) return;
    this.#content.list.matchers[this.#content.at] = { ...matcher, ...change };
  }

  lastContent(): ContentMatcher | undefined {
    const matcher = this.#content?.list.matchers[this.#content.at];
    return matcher?.type === 'content' ? matcher : undefined;
  }

  /** An old modifier names the buffer of the content before it. */
  moveContent(buffer: string): void {
    const matcher = this.lastContent();
    if (matcher === undefined || this.#content === undefined) return;
    this.#content.list.matchers.splice(this.#content.at, 1);
    this.match(matcher, buffer);
  }

  /** A number, or the variable a byte_extract or byte_math before has set. */
  amount(field: FieldValue | undefined, otherwise = 0): Amount {
    if (field === undefined || field === true) return { type: 'number', value: otherwise };
    if (typeof field === 'number') return { type: 'number', value: field };
    const text = field.replace(/^[+]/, '').trim();
    const value = text.startsWith('-') ? 0 - Number(text.slice(1)) : Number(text);
    if (!Number.isNaN(value)) return { type: 'number', value };
    const index = this.variables.lastIndexOf(text);
    if (index === -1) this.fault ??= `nothing sets the variable "${text}"`;
    return { type: 'variable', index: Math.max(index, 0) };
  }

  define(name: FieldValue | undefined): number {
    const text = String(name);
    const known = this.variables.indexOf(text);
    if (known !== -1) return known;
    this.variables.push(text);
    return this.variables.length - 1;
  }

  setFlow(change: Partial<Changed<FlowTest>>): void {
    this.flow = { ...this.flow, ...change };
  }

  /** Behind a content that an old modifier moved, what is relative to it goes where it went. */
  #listOf(matcher: Matcher): OpenInspection {
    const relative =
      ('relative' in matcher && matcher.relative) ||
      ('value' in matcher && typeof matcher.value === 'object' && matcher.value.relative);
    const follows = relative && this.#buffer === PAYLOAD && this.#content !== undefined;
    return follows && this.#content !== undefined ? this.#content.list : this.#selected();
  }

  #selected(): OpenInspection {
    this.#current ??= this.#multi
      ? this.#open(this.#buffer, this.#side, this.#transforms)
      : this.#inspectionOf(this.#buffer, this.#side, this.#transforms);
    return this.#current;
  }

  #inspectionOf(buffer: string, side: Side, transforms: readonly Transform[]): OpenInspection {
    const found = this.#inspections.find(
      (known) =>
        known.buffer === buffer &&
        known.side === side &&
        known.transforms.length === transforms.length &&
        known.transforms.every((one, i) => sameTransform(one, transforms[i])),
    );
    return found ?? this.#open(buffer, side, transforms);
  }

  #open(buffer: string, side: Side, transforms: readonly Transform[]): OpenInspection {
    const opened = { buffer, side, transforms: [...transforms], matchers: [] };
    this.#inspections.push(opened);
    return opened;
  }
}

function sameTransform(a: Transform, b: Transform | undefined): boolean {
  return (
    b !== undefined &&
    a.name === b.name &&
    Buffer.compare(a.bytes, b.bytes) === 0 &&
    a.numbers.length === b.numbers.length &&
    a.numbers.every((value, i) => value === b.numbers[i])
  );
}
