// Who talks to whom in the demo's cluster, how often and how much. Rates are conversations a second at an average hour.

/** A workload `namespace/name`, the cluster's nodes, customers, or `outside:` and the name of a partner. */
export type Party = string;

export interface Route {
  readonly from: Party;
  readonly to: Party;
  readonly perSecond: number;
  /** Median bytes of payload each way. */
  readonly request: number;
  readonly response: number;
  /** Standard deviation of the logarithm of the response: above 1.5 a few are huge. Default 1. */
  readonly spread?: number;
  /** Mean duration; 200 ms unless said. */
  readonly durationMs?: number;
  /** Where the server is not a workload with a port. */
  readonly port?: number;
  readonly udp?: true;
  /** Over connections that stay open. */
  readonly pooled?: true;
}

const route = (
  from: Party,
  to: Party,
  perSecond: number,
  request: number,
  response: number,
  more: Partial<Route> = {},
): Route => ({
  from,
  to,
  perSecond,
  request,
  response,
  ...more,
});

const POOLED = { pooled: true } as const;

export const ROUTES: readonly Route[] = [
  // Customers through the ingress to the shop.
  route('customer', 'ingress-nginx/controller', 260, 1200, 24_000, { spread: 1.6, durationMs: 1500 }),
  route('outside:office', 'ingress-nginx/controller', 12, 1500, 30_000, { durationMs: 4000 }),
  route('ingress-nginx/controller', 'shop/web', 190, 1300, 21_000, { spread: 1.5 }),
  route('ingress-nginx/controller', 'shop/api', 160, 1100, 4200),
  route('ingress-nginx/controller', 'payments/gateway', 14, 1600, 1900),
  route('ingress-nginx/controller', 'accounts/auth', 26, 1300, 2200),
  route('ingress-nginx/controller', 'monitoring/grafana', 2, 900, 60_000),
  // The shop.
  route('shop/web', 'shop/api', 170, 900, 5200),
  route('shop/api', 'shop/catalog', 210, 520, 7400),
  route('shop/api', 'shop/cart', 90, 760, 1300),
  route('shop/api', 'shop/orders', 34, 1900, 1100),
  route('shop/api', 'shop/recommend', 70, 400, 2600),
  route('shop/api', 'accounts/auth', 95, 640, 900),
  route('accounts/auth', 'accounts/users', 60, 380, 1500),
  route('shop/orders', 'payments/gateway', 20, 1700, 1200),
  route('payments/gateway', 'payments/processor', 24, 1500, 900),
  route('payments/processor', 'payments/fraud', 20, 2600, 420),
  route('payments/processor', 'outside:payment-provider', 11, 2100, 3100, { port: 443, durationMs: 900 }),
  // What they keep their data in.
  route('shop/catalog', 'data/postgres', 30, 9000, 160_000, POOLED),
  route('shop/orders', 'data/postgres', 24, 22_000, 30_000, POOLED),
  route('accounts/users', 'data/postgres', 16, 6000, 18_000, POOLED),
  route('payments/processor', 'payments/ledger', 14, 16_000, 9000, POOLED),
  route('shop/cart', 'data/redis', 40, 12_000, 34_000, POOLED),
  route('shop/api', 'data/redis', 50, 8000, 26_000, POOLED),
  route('shop/orders', 'data/kafka', 14, 90_000, 4000, POOLED),
  route('shop/recommend', 'data/kafka', 12, 3000, 140_000, POOLED),
  route('mail/worker', 'data/kafka', 4, 2000, 24_000, POOLED),
  route('shop/catalog', 'data/elasticsearch', 26, 1400, 21_000),
  route('data/postgres', 'data/postgres', 5, 400_000, 9000, { pooled: true, spread: 0.6 }),
  route('data/elasticsearch', 'data/elasticsearch', 8, 120_000, 30_000, POOLED),
  // What every cluster has.
  route('shop/api', 'kube-system/coredns', 170, 48, 140, { udp: true, durationMs: 2 }),
  route('shop/web', 'kube-system/coredns', 90, 48, 140, { udp: true, durationMs: 2 }),
  route('ingress-nginx/controller', 'kube-system/coredns', 50, 46, 130, { udp: true, durationMs: 2 }),
  route('payments/processor', 'kube-system/coredns', 22, 52, 190, { udp: true, durationMs: 3 }),
  route('ci/runner', 'kube-system/coredns', 40, 50, 260, { udp: true, durationMs: 3 }),
  route('monitoring/prometheus', 'kube-system/coredns', 30, 52, 160, { udp: true, durationMs: 2 }),
  route('monitoring/prometheus', 'monitoring/node-exporter', 2, 600, 110_000, { spread: 0.3 }),
  route('monitoring/prometheus', 'shop/api', 5, 600, 32_000, { spread: 0.3 }),
  route('monitoring/prometheus', 'shop/web', 4, 600, 26_000, { spread: 0.3 }),
  route('monitoring/prometheus', 'data/kafka', 2, 600, 190_000, { spread: 0.3 }),
  route('monitoring/prometheus', 'kube-system/coredns', 2, 600, 40_000, { spread: 0.3, port: 9153 }),
  route('monitoring/grafana', 'monitoring/prometheus', 4, 1400, 90_000),
  route('monitoring/prometheus', 'monitoring/alertmanager', 1, 2400, 300),
  route('monitoring/fluent-bit', 'data/elasticsearch', 34, 46_000, 900, { durationMs: 800 }),
  route('kube-system/metrics-server', 'node', 3, 700, 60_000, { port: 10_250 }),
  route('node', 'node', 24, 3000, 14_000, { port: 6443, pooled: true }),
  // Out of the cluster.
  route('ci/runner', 'ci/gitea', 6, 4000, 400_000, { spread: 1.6, durationMs: 3000 }),
  route('ci/runner', 'ci/registry-mirror', 4, 2000, 1_800_000, { spread: 1.4, durationMs: 6000 }),
  route('ci/registry-mirror', 'outside:container-registry', 0.8, 3000, 5_000_000, {
    port: 443,
    spread: 1.4,
    durationMs: 9000,
  }),
  route('node', 'outside:container-registry', 0.4, 3000, 9_000_000, { port: 443, spread: 1.2, durationMs: 9000 }),
  route('ci/runner', 'outside:package-mirror', 7, 1500, 90_000, { port: 443, spread: 1.8, durationMs: 1500 }),
  route('mail/worker', 'outside:mail-relay', 5, 38_000, 700, { port: 587, spread: 1.2, durationMs: 2500 }),
  route('shop/web', 'outside:object-storage', 9, 1100, 160_000, { port: 443, spread: 1.3, durationMs: 700 }),
];
