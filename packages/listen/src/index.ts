// @weir/listen
export {};
