// Caps on what an exporter can make us keep. Anyone can send a datagram: every table fed from the wire has one.

export interface TemplateLimits {
  /** Templates of one exporter and version, over all its observation domains. */
  readonly templates: number;
  /** Observation domains, engines or sub-agents of one exporter and version. */
  readonly domains: number;
  /** Fields of one template. */
  readonly fields: number;
  /** Bytes of a record, the fixed-length part. */
  readonly recordBytes: number;
  /** Sampling rates and interface names of one observation domain, each. */
  readonly options: number;
  /**
   * Milliseconds for which a template stays that neither comes again nor has data, and a domain of which nothing comes. RFC 7011
   * section 8.4 wants at least three times the period after which the exporter sends its templates again.
   */
  readonly lifetimeMs: number;
}

export const DEFAULT_LIMITS: TemplateLimits = {
  templates: 4096,
  domains: 1024,
  fields: 1024,
  recordBytes: 16_384,
  options: 8192,
  lifetimeMs: 24 * 3_600_000,
};
