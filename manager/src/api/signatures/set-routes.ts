// Sets of signatures: made, filled, compiled, activated. Invariants: where the operator says what sensors
// match with, every change is refused before anything is read; who changed what is recorded.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NetmothError } from '#contracts/errors.ts';
import {
  fileParamsSchema,
  fileQuerySchema,
  listOptionsSchema,
  overrideParamsSchema,
  overrideRequestSchema,
  SIGNATURE_LIMITS,
  type SignatureListOptions,
  setParamsSchema,
  signatureSetRequestSchema,
  variablesRequestSchema,
  versionParamsSchema,
} from '#contracts/rest-signatures.ts';
import { FILE_MEDIA } from '#contracts/signature-routes.ts';
import type { Activations } from '../../signatures/activation.ts';
import type { SignatureSets } from '../../signatures/signature-sets.ts';
import { sessionOf } from '../auth/guard.ts';
import { InputError, parseInput, parseQuery } from '../request-input.ts';
import { addRoute, routeOf } from '../route-table.ts';

export interface SetRoutesOptions {
  readonly sets: SignatureSets;
  readonly activations: Activations;
  /** The manager says what sensors match with. */
  readonly owned: boolean;
  /** Something was activated, or nothing is any more. */
  readonly onActivation: () => void;
}

export async function installSetRoutes(
  app: FastifyInstance,
  { sets, activations, owned, onActivation }: SetRoutesOptions,
): Promise<void> {
  const change = (request: FastifyRequest, set: string) => {
    if (!owned) {
      const told = 'the SignatureSets of Kubernetes say here what sensors match with';
      throw new NetmothError('NM_FORBIDDEN', told);
    }
    return { set, user: sessionOf(request).user };
  };
  const done = (reply: FastifyReply) => reply.code(204).send();
  const setOf = (request: FastifyRequest) => parseInput(setParamsSchema, request.params).set;

  addRoute(app, 'getSignatureSet', (request) => sets.detail(setOf(request)));
  addRoute(app, 'createSignatureSet', async (request, reply) => {
    const { name, variables } = parseInput(signatureSetRequestSchema, request.body);
    await sets.create(change(request, name), variables);
    return reply.code(201).send(await sets.detail(name));
  });
  addRoute(app, 'deleteSignatureSet', async (request, reply) => {
    await sets.remove(change(request, setOf(request)));
    return done(reply);
  });
  addRoute(app, 'putSignatureVariables', async (request) => {
    const set = setOf(request);
    const { variables } = parseInput(variablesRequestSchema, request.body);
    await sets.putVariables(change(request, set), variables);
    return sets.detail(set);
  });
  addRoute(app, 'getSignatureFile', async (request, reply) => {
    const { set, file } = parseInput(fileParamsSchema, request.params);
    const text = await sets.file(set, file);
    return reply
      .type('text/plain; charset=utf-8')
      .header('content-disposition', `attachment; filename="${file}"`)
      .send(text);
  });
  addRoute(app, 'deleteSignatureFile', async (request, reply) => {
    const { set, file } = parseInput(fileParamsSchema, request.params);
    await sets.removeFile(change(request, set), file);
    return done(reply);
  });
  addRoute(app, 'listSignatureOverrides', async (request) => ({
    items: await sets.overrides(setOf(request)),
  }));
  addRoute(app, 'putSignatureOverride', async (request) => {
    const { set, ...rule } = parseInput(overrideParamsSchema, request.params);
    const values = parseInput(overrideRequestSchema, request.body);
    return sets.putOverride(change(request, set), rule, values);
  });
  addRoute(app, 'deleteSignatureOverride', async (request, reply) => {
    const { set, ...rule } = parseInput(overrideParamsSchema, request.params);
    await sets.removeOverride(change(request, set), rule);
    return done(reply);
  });
  addRoute(app, 'compileSignatureSet', async (request, reply) =>
    reply.code(201).send(await sets.compile(change(request, setOf(request)))),
  );
  addRoute(app, 'activateSignatureVersion', async (request) => {
    const { set, number } = parseInput(versionParamsSchema, request.params);
    await activations.activate(change(request, set), number);
    onActivation();
    const { versions } = await sets.detail(set);
    return versions.find((version) => version.number === number);
  });
  addRoute(app, 'deactivateSignatures', async (request, reply) => {
    await activations.deactivate(change(request, '').user);
    onActivation();
    return done(reply);
  });

  await app.register(async (scope) => {
    const bodyLimit = SIGNATURE_LIMITS.fileBytes;
    scope.addContentTypeParser(FILE_MEDIA, { parseAs: 'buffer', bodyLimit }, (_request, body, go) =>
      go(null, body),
    );
    scope.route({
      ...routeOf('putSignatureFile'),
      bodyLimit,
      handler: async (request) => {
        const { set, file } = parseInput(fileParamsSchema, request.params);
        const body = request.body;
        if (!Buffer.isBuffer(body)) {
          throw new NetmothError('NM_QUERY_INVALID', `a body of ${FILE_MEDIA} is wanted`);
        }
        return sets.putFile(change(request, set), { name: file, list: listOf(request) }, body);
      },
    });
  });
}

/** Options of a list; null where the file is none. */
function listOf(request: FastifyRequest): SignatureListOptions | null {
  const { as, ...options } = parseQuery(fileQuerySchema, request.query);
  if (as === 'list') return listOptionsSchema.parse(options);
  const [first] = Object.keys(options);
  if (first === undefined) return null;
  throw new InputError([{ path: first, message: 'is an option of lists: give as=list too' }]);
}
