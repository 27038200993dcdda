// Where the nodes of a graph stand: springs along edges, a push between all (Fruchterman and Reingold, "Graph
// Drawing by Force-directed Placement", 1991). Invariants: pure, the same graph always gives the same picture; every
// place is finite and within the unit square; a node that stood somewhere begins there, so refreshing moves little.

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Link {
  readonly source: string;
  readonly target: string;
}

const STEPS = 160;
const STEPS_AGAIN = 40;
const HEAT = 0.12;
const HEAT_AGAIN = 0.02;
/** Pulls pieces that nothing ties together towards the middle, else they would drift apart for ever. */
const GRAVITY = 0.9;
const CLOSEST = 1e-3;

interface Body {
  x: number;
  y: number;
  dx: number;
  dy: number;
}

/** FNV-1a: a number of a text, to begin at the same place each time. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}

export function layoutGraph(
  ids: readonly string[],
  links: readonly Link[],
  before: ReadonlyMap<string, Place> = new Map(),
): ReadonlyMap<string, Place> {
  const bodies = ids.map((id): Body => ({ ...(before.get(id) ?? startOf(id)), dx: 0, dy: 0 }));
  const at = new Map(ids.map((id, index) => [id, index]));
  const ties = links.flatMap(({ source, target }) => {
    const one = bodies[at.get(source) ?? -1];
    const two = bodies[at.get(target) ?? -1];
    return one === undefined || two === undefined || one === two ? [] : [[one, two] as const];
  });
  const known = ids.filter((id) => before.has(id)).length;
  const again = known > ids.length / 2;
  const steps = again ? STEPS_AGAIN : STEPS;
  const length = Math.sqrt(1 / Math.max(1, ids.length));
  for (let step = 0; step < steps; step += 1) {
    push(bodies, length);
    for (const [one, two] of ties) pull(one, two, length);
    move(bodies, length, (again ? HEAT_AGAIN : HEAT) * (1 - step / steps));
  }
  const places = again ? bodies.map(clamped) : spread(bodies);
  return new Map(ids.map((id, index) => [id, places[index] ?? { x: 0.5, y: 0.5 }]));
}

function startOf(id: string): Place {
  const angle = seedOf(id) * 2 * Math.PI;
  const radius = 0.15 + 0.3 * seedOf(`${id} `);
  return { x: 0.5 + radius * Math.cos(angle), y: 0.5 + radius * Math.sin(angle) };
}

function push(bodies: readonly Body[], length: number): void {
  for (const [index, one] of bodies.entries()) {
    for (let other = index + 1; other < bodies.length; other += 1) {
      const two = bodies[other];
      if (two === undefined) continue;
      let dx = one.x - two.x;
      const dy = one.y - two.y;
      // Two at one place would stay there.
      if (dx === 0 && dy === 0) dx = CLOSEST * (index - other);
      const force = (length * length) / Math.max(CLOSEST * CLOSEST, dx * dx + dy * dy);
      one.dx += dx * force;
      one.dy += dy * force;
      two.dx -= dx * force;
      two.dy -= dy * force;
    }
  }
}

function pull(one: Body, two: Body, length: number): void {
  const dx = one.x - two.x;
  const dy = one.y - two.y;
  const force = Math.hypot(dx, dy) / length;
  one.dx -= dx * force;
  one.dy -= dy * force;
  two.dx += dx * force;
  two.dy += dy * force;
}

function move(bodies: readonly Body[], length: number, heat: number): void {
  for (const body of bodies) {
    body.dx += (0.5 - body.x) * GRAVITY * length * 10;
    body.dy += (0.5 - body.y) * GRAVITY * length * 10;
    const far = Math.max(CLOSEST, Math.hypot(body.dx, body.dy));
    const share = Math.min(far, heat) / far;
    body.x += body.dx * share;
    body.y += body.dy * share;
    body.dx = 0;
    body.dy = 0;
  }
}

const clamped = ({ x, y }: Body): Place => ({
  x: Math.min(1, Math.max(0, x)),
  y: Math.min(1, Math.max(0, y)),
});

/** Over the whole square. */
function spread(bodies: readonly Body[]): readonly Place[] {
  const scale = (of: (body: Body) => number) => {
    const values = bodies.map(of);
    const least = Math.min(...values);
    const span = Math.max(...values) - least;
    return (body: Body) => (span < CLOSEST ? 0.5 : (of(body) - least) / span);
  };
  const x = scale((body) => body.x);
  const y = scale((body) => body.y);
  return bodies.map((body) => ({ x: x(body), y: y(body) }));
}

/** The nearest node in a direction, for the arrow keys: what lies ahead counts, what lies aside is dearer. */
export function nearestTowards(
  places: ReadonlyMap<string, Place>,
  from: string,
  towards: Place,
): string | undefined {
  const here = places.get(from);
  if (here === undefined) return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [id, { x, y }] of places) {
    const ahead = (x - here.x) * towards.x + (y - here.y) * towards.y;
    if (id === from || ahead <= 0) continue;
    const aside = Math.abs((x - here.x) * towards.y - (y - here.y) * towards.x);
    const cost = ahead + 2 * aside;
    if (cost < least) [best, least] = [id, cost];
  }
  return best;
}
