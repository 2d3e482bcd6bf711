// Capture files.
export {};
