// @weir/enrich
export {};
