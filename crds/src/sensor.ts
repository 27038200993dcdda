/**
 * NetmothSensor: a sensor on every node that is chosen.
 *
 * Invariant: what is accepted here the sensor can do; bounds and defaults of the engine are those of
 * contracts/src/engine-config.ts, taken from there and never repeated.
 */
import { z } from 'zod';
import {
  captureConfigSchema,
  engineConfigSchema,
  flowTimeoutsSchema,
} from '#contracts/engine-config.ts';
import { EVENT_CLASSES } from '#contracts/eve.ts';
import {
  conditionsSchema,
  countOrPercentSchema,
  labelsSchema,
  listSet,
  resourcesSchema,
  tolerationSchema,
  withRules,
} from './kubernetes-types.ts';

/** A DNS label: it becomes a part of names, of labels and of NATS subjects. */
export const SENSOR_NAME_RULE = {
  rule: "self.metadata.name.size() <= 40 && !self.metadata.name.contains('.')",
  message:
    'the name of a NetmothSensor becomes part of other names: at most 40 characters and no dots',
} as const;

export const captureSchema = z.object({
  strategy: z
    .enum(['auto', 'afPacket', 'ebpf', 'afXdp', 'pcap'])
    .default('auto')
    .describe(
      'How packets are taken: auto chooses the best that NET_RAW allows; afPacket is TPACKET_V3; ebpf taps with tcx programs, with BPF, NET_ADMIN and PERFMON, and falls back to afPacket; afXdp takes what interfaces dedicated to mirroring receive, with IPC_LOCK besides, and falls back alike; pcap reads by libpcap, slower and with one thread an interface',
    ),
  interfaces: listSet(
    z
      .array(
        z
          .string()
          .min(1)
          .max(15)
          .regex(/^[^,]*$/),
      )
      .max(16),
  )
    .default([])
    .describe(
      'Names of interfaces and patterns with * and ?; none: that of the default route. With afPacket each one has a ring of ringSizeMiB for each worker',
    ),
  bpfFilter: captureConfigSchema.shape.bpfFilter,
  promiscuous: captureConfigSchema.shape.promiscuous.describe('Take frames for other stations too'),
  workers: captureConfigSchema.shape.workers,
  ringSizeMiB: captureConfigSchema.shape.ringSizeMiB,
  afXdpForce: captureConfigSchema.shape.afXdpForce,
});

const timeoutWords: Readonly<Record<keyof typeof flowTimeoutsSchema.shape, string>> = {
  tcpNewSeconds: 'TCP before the handshake is complete',
  tcpEstablishedSeconds: 'TCP with a handshake',
  tcpClosedSeconds: 'TCP after its end, for late segments',
  udpNewSeconds: 'UDP with packets of one side only',
  udpEstablishedSeconds: 'UDP with packets of both sides',
  icmpSeconds: 'ICMP',
  otherSeconds: 'Every other protocol',
};

const timeoutsSchema = withRules(
  z.object(
    Object.fromEntries(
      Object.entries(flowTimeoutsSchema.shape).map(([name, schema]) => {
        const words = timeoutWords[name as keyof typeof timeoutWords];
        return [name, schema.describe(`Seconds without a packet that end a flow: ${words}`)];
      }),
    ) as typeof flowTimeoutsSchema.shape,
  ),
  {
    rule: 'self.tcpNewSeconds <= self.tcpEstablishedSeconds',
    message:
      'tcpNewSeconds is above tcpEstablishedSeconds: an established connection would end before one that is only being opened',
  },
  {
    rule: 'self.udpNewSeconds <= self.udpEstablishedSeconds',
    message:
      'udpNewSeconds is above udpEstablishedSeconds: a conversation would end before a lone question',
  },
);

const { shape: engine } = engineConfigSchema;
export const engineSchema = z.object({
  maxFlows: engine.maxFlows,
  reassemblyMiB: engine.reassemblyMiB,
  defragMiB: engine.defragMiB,
  snapLength: engine.snapLength.describe('Octets of a packet that are looked at'),
  timeouts: timeoutsSchema.prefault({}).describe('When a flow without packets ends'),
  disabledProtocols: z
    .array(z.string().min(1).max(32))
    .max(256)
    .default([])
    .describe(
      'Protocols not looked for, by their names in app_proto; dns/tcp means over TCP alone',
    ),
  checksums: engine.checksums,
  midstream: engine.midstream,
  dnsVersion: z
    .int()
    .min(2)
    .max(3)
    .default(2)
    .describe('Form of dns events: 2 as Suricata up to 7, 3 as Suricata 8'),
  statsIntervalSeconds: engine.statsIntervalSeconds.describe('Seconds between stats events'),
});

export const outputsSchema = z.object({
  spoolMiB: z
    .int()
    .min(8)
    .max(65_536)
    .default(1_024)
    .describe(
      "Disk of the node that holds events while NATS is away; it goes with the sensor's pod",
    ),
  memoryMiB: z
    .int()
    .min(1)
    .max(4_096)
    .default(32)
    .describe('Memory for the same, before the disk is used'),
  batchMaxMs: z.int().min(10).max(60_000).default(1_000).describe('An event waits so long at most'),
  alertMaxMs: z.int().min(1).max(60_000).default(100).describe('An alert waits so long at most'),
  classes: listSet(z.array(z.enum(EVENT_CLASSES)).min(1).max(4))
    .default([...EVENT_CLASSES])
    .describe('Events that leave the node: alert, protocol (dns, tls, http, …), flow, stats'),
  flowSampling: z
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe(
      'Of flows one in so many is told, with all its events; alerts and stats are all told',
    ),
});

export const updateSchema = z.object({
  maxUnavailable: withRules(countOrPercentSchema, {
    rule: "type(self) == int ? self >= 1 && self <= 10000 : self.matches('^([1-9][0-9]?|100)%$')",
    message: 'maxUnavailable is a count of nodes from 1 on, or a percentage from "1%" to "100%"',
  })
    .default('10%')
    .describe('Nodes that may be without a sensor while a change rolls out'),
  pauseOnLoss: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Percent of its packets: while a node that has the change loses so much, no further node gets it (default: not looked at)',
    ),
});

const kMemoryRule = {
  rule: [
    '!has(self.resources) || !has(self.resources.limits) || !has(self.resources.limits.memory) ||',
    'quantity(self.resources.limits.memory).asApproximateFloat() > 1048576.0 * double(',
    'self.capture.workers * (self.capture.ringSizeMiB + self.engine.reassemblyMiB',
    '+ self.engine.defragMiB) + self.outputs.memoryMiB)',
  ].join(' '),
  message:
    'resources.limits.memory is not above what the spec itself asks for: capture.workers × (capture.ringSizeMiB + engine.reassemblyMiB + engine.defragMiB) + outputs.memoryMiB; the sensor would be killed',
};

export const sensorSpecSchema = withRules(
  z.object({
    image: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe('Container image of the sensor (default: the one the operator was installed with)'),
    imagePullPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .default('IfNotPresent')
      .describe('When a node pulls the image'),
    imagePullSecrets: z
      .array(z.object({ name: z.string().min(1).max(253).describe('Of the Secret') }))
      .max(8)
      .default([])
      .describe("Secrets in the operator's namespace to pull the image with"),
    capture: captureSchema.prefault({}).describe('What is captured and how'),
    engine: engineSchema.prefault({}).describe('Bounds and choices of the engine, per worker'),
    outputs: outputsSchema.prefault({}).describe('How events leave the node'),
    nodeSelector: labelsSchema.optional().describe('Labels of the nodes (default: all nodes)'),
    tolerations: z
      .array(tolerationSchema)
      .max(32)
      .default([{ operator: 'Exists' }])
      .describe('Taints that are no obstacle (default: all of them)'),
    resources: resourcesSchema.optional().describe('CPU and memory of a sensor'),
    seccompProfile: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/)
      .optional()
      .describe(
        "A profile in the kubelet's folder of seccomp profiles, netmoth/netmoth-sensor.json of deploy/seccomp for one; none: RuntimeDefault",
      ),
    update: updateSchema.prefault({}).describe('How a change reaches the nodes'),
    metricsPort: z
      .int()
      .min(1_024)
      .max(65_535)
      .default(9_464)
      .describe('TCP port of /metrics on every node; two sensors on one node need two ports'),
    logLevel: z
      .enum(['trace', 'debug', 'info', 'warn', 'error'])
      .default('info')
      .describe("The sensor's log"),
    suspend: z
      .boolean()
      .default(false)
      .describe('Stop capturing on all nodes; what was stored stays'),
  }),
  kMemoryRule,
);
export type SensorSpec = z.infer<typeof sensorSpecSchema>;

const nodes = z.int().min(0).optional();
export const sensorStatusSchema = z.object({
  observedGeneration: z.int().min(0).optional().describe('Of the spec this status tells about'),
  desired: nodes.describe('Nodes that should run the sensor'),
  ready: nodes.describe('Nodes whose sensor pod is ready'),
  updated: nodes.describe('Nodes whose sensor has the current spec'),
  reporting: nodes.describe('Nodes whose sensor reported within the last 30 seconds'),
  degraded: nodes.describe('Nodes whose sensor says that something is wrong'),
  loss: z
    .string()
    .max(16)
    .optional()
    .describe('Share of packets lost of late on the node that loses most, rounded up, e.g. "0.1%"'),
  signatures: z
    .string()
    .max(80)
    .optional()
    .describe('Digest of the signatures all nodes have loaded, or "mixed"'),
  conditions: conditionsSchema.describe(
    'Available, Progressing, Reporting, Degraded, CaptureHealthy, SignaturesCurrent',
  ),
});
export type SensorStatus = z.infer<typeof sensorStatusSchema>;
