// Dissection of packets.
export {};
