import { describe, expect, it } from 'vitest';
import { endOf, endpoint, exporterOf, groupLabel, serviceOf } from './entity.ts';

describe('an end of a flow', () => {
  it('is namespace and pod where they are known, with the address as detail', () => {
    const flow = {
      src_namespace: 'shop',
      src_pod: 'cart-1',
      src_name: 'cart-1',
      src_addr: '10.128.0.9',
      src_port: 8080,
      src_kind: 'pod',
    };
    expect(endOf(flow, 'src')).toEqual({ label: 'shop/cart-1', detail: '10.128.0.9:8080', kind: 'pod', named: true });
  });

  it('is the name alone for what has no namespace', () => {
    expect(endOf({ dst_name: 'worker-1', dst_kind: 'node', dst_addr: '192.168.1.1' }, 'dst').label).toBe('worker-1');
  });

  it('is the address where nothing names it', () => {
    const flow = { src_kind: 'unresolved', src_name: '203.0.113.9', src_addr: '203.0.113.9', src_port: 443 };
    expect(endOf(flow, 'src')).toEqual({ label: '203.0.113.9:443', detail: '', kind: '', named: false });
    expect(endOf({}, 'dst').label).toBe('unknown');
  });

  it('puts IPv6 addresses in brackets before a port', () => {
    expect(endpoint('2001:db8::1', '443')).toBe('[2001:db8::1]:443');
    expect(endpoint('2001:db8::1', '0')).toBe('2001:db8::1');
  });
});

describe('services and exporters', () => {
  it('are named as Kubernetes names them, exporters by address where they have no name', () => {
    expect(serviceOf({ service_namespace: 'shop', service_name: 'cart' })).toBe('shop/cart');
    expect(serviceOf({})).toBe('');
    expect(exporterOf({ exporter: '77', exporter_address: '10.0.0.1', exporter_name: '' })).toBe('10.0.0.1');
  });
});

describe('labels of groups', () => {
  it('join the fields of an end and put an arrow between the ends', () => {
    const key = { src_namespace: 'shop', src_workload: 'cart', dst_namespace: 'data', dst_workload: 'postgres' };
    expect(groupLabel(key, Object.keys(key))).toBe('shop/cart → data/postgres');
  });

  it('say what is missing', () => {
    expect(groupLabel({ src_namespace: '', dst_namespace: 'shop' }, ['src_namespace', 'dst_namespace'])).toBe(
      'no namespace → shop',
    );
    expect(groupLabel({ service_namespace: '', service_name: '' }, ['service_namespace', 'service_name'])).toBe(
      'no service',
    );
  });

  it('take an exporter by name, else by address', () => {
    const by = ['exporter_name', 'exporter_address'];
    expect(groupLabel({ exporter_name: 'worker-0', exporter_address: '10.0.0.1' }, by)).toBe('worker-0');
    expect(groupLabel({ exporter_name: '', exporter_address: '10.0.0.1' }, by)).toBe('10.0.0.1');
  });

  it('list the rest with codes by name', () => {
    expect(groupLabel({ proto: 6, server_port: 443 }, ['proto', 'server_port'])).toBe('tcp · 443 https');
  });
});
