// @weir/store
export {};
