// @weir/cli
export {};
