// DataViews over receive buffers. Reading a 32-bit number through a DataView is one load; through a byte array it is four.

let lastData: Uint8Array | undefined;
let lastView: DataView = new DataView(new ArrayBuffer(0));

/** A view over all of `data`. Kept for the next call: a receive buffer holds many messages. */
export function viewOf(data: Uint8Array): DataView {
  if (data !== lastData) {
    lastData = data;
    lastView = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }
  return lastView;
}
