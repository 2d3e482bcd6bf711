// The settings that may stand at a place of the configuration, for messages about those that may not.
import { configJsonSchema, type JsonSchema } from './schema.ts';

/** Keys of what is at `path`; lists and alternatives are looked into. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  let places: JsonSchema[] = [configJsonSchema()];
  for (const part of path) {
    places = places
      .flatMap(alternatives)
      .map((place) => (typeof part === 'number' ? place.items : place.properties?.[String(part)]))
      .filter((place) => place !== undefined);
  }
  return [...new Set(places.flatMap(alternatives).flatMap((place) => Object.keys(place.properties ?? {})))];
}

const alternatives = (place: JsonSchema): readonly JsonSchema[] => place.anyOf ?? place.oneOf ?? [place];
