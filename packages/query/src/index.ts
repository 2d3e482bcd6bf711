// @weir/query
export {};
