// @weir/server
export {};
