// What the engine says when bytes on the disk are not those that it wrote, and which part of which table they are.

/** A part that cannot be read, as far as the engine's words tell. */
export interface DamagedPart {
  /** Absent where the engine names only the table's directory. */
  readonly table?: string;
  /** UUID of the table, which its directory is named for. */
  readonly uuid: string;
  readonly name: string;
}

/**
 * Errors (src/Common/ErrorCodes.cpp) that come from reading damaged bytes. Most have other causes too: they mean damage only where the
 * message points into a part. Which of them it is depends on the byte: every length, count and name in a file may be wrong.
 */
const READING: ReadonlySet<number> = new Set([
  6, // CANNOT_PARSE_TEXT
  23, // CANNOT_READ_FROM_ISTREAM
  25, // CANNOT_PARSE_ESCAPE_SEQUENCE
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  32, // ATTEMPT_TO_READ_AFTER_EOF
  33, // CANNOT_READ_ALL_DATA
  36, // BAD_ARGUMENTS
  40, // CHECKSUM_DOESNT_MATCH
  49, // LOGICAL_ERROR
  50, // UNKNOWN_TYPE
  74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
  76, // CANNOT_OPEN_FILE
  88, // CANNOT_SEEK_THROUGH_FILE
  107, // FILE_DOESNT_EXIST
  117, // INCORRECT_DATA
  128, // TOO_LARGE_ARRAY_SIZE
  131, // TOO_LARGE_STRING_SIZE
  173, // CANNOT_ALLOCATE_MEMORY
  190, // SIZES_OF_ARRAYS_DONT_MATCH
  226, // NO_FILE_IN_DATA_PART
  227, // UNEXPECTED_FILE_IN_DATA_PART
  228, // BAD_SIZE_OF_FILE_IN_DATA_PART
  246, // CORRUPTED_DATA
  271, // CANNOT_DECOMPRESS
  432, // UNKNOWN_CODEC
  1001, // STD_EXCEPTION
]);

/** Of those, the ones that mean nothing else. */
const DAMAGE: ReadonlySet<number> = new Set([40, 246, 271, 432]);

/** `<path>/store/41e/41ea3e88-…/1795172400_6_6_0/bytes.bin`: a file of a part. */
const PART_PATH = /\/store\/[0-9a-f]{3}\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([^/\s"']+)\//;
const TABLE = /in table `?weir`?\.`?(\w+)`? \(([0-9a-f-]{36})\)/;

/** The part that an error's message points into, where its code can mean damage. */
export function damagedPart(message: string, engineCode: number | undefined): DamagedPart | undefined {
  if (engineCode === undefined || !READING.has(engineCode)) return undefined;
  // No memory, too many open files, no permission or no room say nothing of what is in them.
  if (/errno: (12|13|23|24|28|30|122)\b/.test(message)) return undefined;
  const place = placeIn(message);
  // What is being written is not a part yet.
  if (place === undefined || place.name.startsWith('tmp')) return undefined;
  const [, table, of] = TABLE.exec(message) ?? [];
  return { ...place, ...(of === place.uuid && table !== undefined ? { table } : {}) };
}

/** What of a table's directory an error's message points at. */
export function placeIn(message: string): { readonly uuid: string; readonly name: string } | undefined {
  const [, uuid, name] = PART_PATH.exec(message) ?? [];
  return uuid === undefined || name === undefined ? undefined : { uuid, name };
}

/** Whether an error means damage although no part is named. */
export function meansDamage(engineCode: number | undefined): boolean {
  return engineCode !== undefined && DAMAGE.has(engineCode);
}

/** What a person does about damage. */
export const DAMAGE_ADVICE = 'run weir store check, then weir store repair';

/** `part X of flows is damaged`. */
export function damageText(part: DamagedPart | undefined): string {
  if (part === undefined) return 'a part of the store is damaged';
  return `part ${part.name} of ${part.table ?? `the table ${part.uuid}`} is damaged`;
}
