/** What one route of the manager is: the form of the tables in routes.ts and signature-routes.ts. */
import type { z } from 'zod';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: parameters in braces. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** `none`: open to all; `account`: session or token; `session`: a person's session only. */
  readonly auth: 'none' | 'account' | 'session';
  readonly query?: z.ZodObject;
  readonly params?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Media type of a body that is not JSON. */
  readonly bodyMedia?: string;
  readonly status: 101 | 200 | 201 | 204;
  /** JSON of a 2xx answer; absent where the body is empty or not JSON. */
  readonly answer?: z.ZodType;
  /** Media types of answers that are not JSON. */
  readonly media?: readonly string[];
}
