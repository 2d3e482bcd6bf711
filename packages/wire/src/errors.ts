// The one error type of this package. Decoders never throw for bytes from the wire: they count in the ledger. This is for callers'
// mistakes and for files (pcap, saved state).

export type WireErrorCode = 'bad_capture' | 'bad_message' | 'bad_template' | 'bad_registry' | 'bad_state';

export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
