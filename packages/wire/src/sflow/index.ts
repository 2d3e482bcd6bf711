// sFlow version 5.
export { decodeSflow } from './message.ts';
