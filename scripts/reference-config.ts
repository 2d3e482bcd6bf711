// docs/reference/configuration.md from the configuration's schema.
import { flagOf, type ItemSettings, itemSettings, type Setting, settings, variableOf } from '@weir/server';
import { code, GENERATED_NOTE, table } from './markdown.ts';

const described = (setting: Setting): string[] => [
  code(setting.path.join('.')),
  setting.type,
  setting.fallback === undefined ? '' : code(JSON.stringify(setting.fallback)),
  setting.description,
];

function itemsReference({ path, kind, settings: given }: ItemSettings): string {
  const name = code(path.join('.'));
  const which = kind === undefined ? `Each item of ${name} has` : `An item of ${name} with \`type: ${kind}\` has`;
  return `${which}:\n\n${table(['Setting', 'Type', 'Default', 'Meaning'], given.map(described))}\n`;
}

export function configReference(): string {
  const rows = settings().map((setting) => [
    ...described(setting),
    code(variableOf(setting)),
    setting.secret ? 'none: a secret' : code(flagOf(setting)),
  ]);
  return `${GENERATED_NOTE}

# Configuration

A setting comes from the YAML file (\`--config FILE\` or \`WEIR_CONFIG\`), from a variable, or from a flag; a flag wins over a variable,
a variable over the file. An unknown key is an error that names the nearest known one. \`weir config check\` reads the
configuration and says what is wrong; \`weir config schema\` prints its JSON Schema. Lists are given to variables and flags with commas.

${table(['Setting', 'Type', 'Default', 'Meaning', 'Variable', 'Flag'], rows)}

## Lists

Items of these lists are given in the file, or to the variable or flag of the list as YAML in one line.

${itemSettings().map(itemsReference).join('\n')}
Sizes are bytes or \`64MiB\`, \`10GB\`; durations are \`250ms\`, \`30s\`, \`15m\`, \`12h\`, \`7d\`, \`2w\`, \`1y\`.
`;
}
