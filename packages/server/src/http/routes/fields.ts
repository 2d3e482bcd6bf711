// GET /api/v1/fields
import { FieldsAnswer, GROUP_NAMES } from '@weir/query';
import { CATALOGUE, operatorsOf } from '@weir/query/language';
import { FIELD, isFieldName } from '@weir/record';
import { z } from 'zod';
import { route } from '../route.ts';

export const fields = route({
  path: 'fields',
  summary: 'The catalogue of fields',
  description: 'Every name that filters, groups and flow records know, with its kind, unit and codes.',
  query: z.strictObject({}),
  answer: FieldsAnswer,
  answerName: 'FieldsAnswer',
  example: '',
  handle(_, asking) {
    const present = asking.deps.store.columnsPresent();
    const entries = [...CATALOGUE.fields.values()].map((entry) => {
      const stored = isFieldName(entry.name) ? FIELD[entry.name] : undefined;
      const column = isFieldName(entry.column) ? FIELD[entry.column] : undefined;
      return {
        name: entry.name,
        kind: stored?.kind ?? entry.kind,
        description: entry.description,
        group: column?.group ?? 'headers',
        core: column?.core ?? true,
        present: column === undefined || present.has(column.name),
        ...(stored?.unit === undefined ? {} : { unit: stored.unit }),
        ...(entry.codes === undefined ? {} : { codes: { ...entry.codes } }),
        attribute: entry.attribute !== undefined,
        either_end: entry.ends !== undefined,
        groupable: GROUP_NAMES.has(entry.name),
        filterable: true,
        operators: [...operatorsOf(entry)],
      };
    });
    return { fields: entries };
  },
});
