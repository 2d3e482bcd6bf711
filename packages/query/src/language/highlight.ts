// Colours for editors: which of Lezer's highlighting tags each part of a filter has.
import { styleTags, tags } from '@lezer/highlight';
import { parser as plain } from './gen/filter.ts';

/** The parser with highlighting tags on its nodes. */
export const parser = plain.configure({
  props: [
    styleTags({
      'And Or Not In Like Has': tags.operatorKeyword,
      CompareOp: tags.compareOperator,
      'Field/Word': tags.propertyName,
      'Value/Word': tags.literal,
      'Value/Bracketed': tags.literal,
      String: tags.string,
      Comment: tags.lineComment,
      '( )': tags.paren,
      '[ ]': tags.squareBracket,
      ',': tags.separator,
    }),
  ],
});
