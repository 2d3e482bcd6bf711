// What runs in the demo's cluster: a shop, what it needs, and what every cluster has.

export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';
  /** Pods; a DaemonSet has one on every node. */
  readonly replicas: number;
  /** Port it listens on, 0 for none. */
  readonly port: number;
  readonly protocol?: 'UDP';
  /** Port of its Service; without one it has none. */
  readonly servicePort?: number;
  readonly hostNetwork?: true;
  /** Its Service has an address outside the cluster. */
  readonly loadBalancer?: true;
}

type Extra = Partial<Omit<Workload, 'namespace' | 'name' | 'kind' | 'replicas' | 'port'>>;

const of =
  (kind: Workload['kind']) =>
  (namespace: string, name: string, replicas: number, port: number, servicePort = 0, extra: Extra = {}): Workload => ({
    namespace,
    name,
    kind,
    replicas,
    port,
    ...(servicePort > 0 ? { servicePort } : {}),
    ...extra,
  });
const deployment = of('Deployment');
const statefulSet = of('StatefulSet');
const daemonSet = of('DaemonSet');
const cronJob = of('CronJob');

export const WORKLOADS: readonly Workload[] = [
  deployment('ingress-nginx', 'controller', 4, 443, 443, { loadBalancer: true }),
  deployment('shop', 'web', 8, 8080, 80),
  deployment('shop', 'api', 10, 8080, 80),
  deployment('shop', 'catalog', 5, 8080, 80),
  deployment('shop', 'cart', 4, 8080, 80),
  deployment('shop', 'orders', 4, 8080, 80),
  deployment('shop', 'recommend', 3, 50051, 50051),
  deployment('accounts', 'auth', 4, 8443, 443),
  deployment('accounts', 'users', 3, 8080, 80),
  deployment('payments', 'gateway', 4, 8443, 443),
  deployment('payments', 'processor', 3, 8080, 80),
  deployment('payments', 'fraud', 2, 50051, 50051),
  statefulSet('payments', 'ledger', 2, 5432, 5432),
  statefulSet('data', 'postgres', 3, 5432, 5432),
  statefulSet('data', 'redis', 3, 6379, 6379),
  statefulSet('data', 'kafka', 3, 9092, 9092),
  statefulSet('data', 'elasticsearch', 4, 9200, 9200),
  cronJob('data', 'backup', 1, 0),
  statefulSet('monitoring', 'prometheus', 2, 9090, 9090),
  deployment('monitoring', 'grafana', 1, 3000, 80),
  deployment('monitoring', 'alertmanager', 2, 9093, 9093),
  daemonSet('monitoring', 'node-exporter', 0, 9100, 0, { hostNetwork: true }),
  daemonSet('monitoring', 'fluent-bit', 0, 2020),
  deployment('kube-system', 'coredns', 3, 53, 53, { protocol: 'UDP' }),
  deployment('kube-system', 'metrics-server', 1, 10250, 443),
  daemonSet('kube-system', 'kube-proxy', 0, 10256, 0, { hostNetwork: true }),
  deployment('ci', 'runner', 8, 0),
  deployment('ci', 'gitea', 1, 3000, 80),
  deployment('ci', 'registry-mirror', 2, 5000, 5000),
  deployment('mail', 'worker', 3, 0),
];

/** Hosts outside that the inventory names, with the port they are used on. */
export const PARTNERS = [
  { name: 'container-registry', network: '198.18.10.0/24', as: 64496 },
  { name: 'payment-provider', network: '198.18.20.0/24', as: 64497 },
  { name: 'object-storage', network: '198.18.30.0/24', as: 64498 },
  { name: 'package-mirror', network: '198.18.40.0/24', as: 64499 },
  { name: 'mail-relay', network: '198.18.50.0/24', as: 64500 },
  { name: 'office', network: '203.0.113.0/26', as: 64501 },
] as const;

/**
 * Networks that customers come from, unknown to the inventory: ranges set aside for documentation and benchmarks (RFC 5737, RFC
 * 2544, RFC 3849), cut up among AS numbers for documentation and private use (RFC 5398, RFC 6996). `weight` is the share.
 */
export const CUSTOMER_NETWORKS: readonly { readonly prefix: string; readonly as: number; readonly weight: number }[] = [
  ...Array.from({ length: 48 }, (_, index) => ({
    prefix: `198.19.${index * 4}.`,
    as: 64512 + index,
    // Zipf's law: few networks have most customers.
    weight: 1 / (index + 1),
  })),
  { prefix: '192.0.2.', as: 65536, weight: 0.08 },
  { prefix: '198.51.100.', as: 65537, weight: 0.08 },
  { prefix: '2001:db8:17::', as: 65538, weight: 0.35 },
  { prefix: '2001:db8:a0::', as: 65539, weight: 0.15 },
];
