// docs/reference/ledger.md from the ledger's accounts.
import { ACCOUNTS, BALANCES } from '@weir/record';
import { code, GENERATED_NOTE, table } from './markdown.ts';

const ROLES = { in: 'arrived', good: 'went on', lost: 'lost here', note: 'beside the balance' } as const;

export function ledgerReference(): string {
  return `${GENERATED_NOTE}

# The loss ledger

Every datagram and every flow record ends in exactly one account, per exporter.

${table(
  ['Account', 'Unit', 'Role', 'Meaning'],
  Object.entries(ACCOUNTS).map(([name, { unit, role, description }]) => [code(name), unit, ROLES[role], description]),
)}

The store keeps what each account grew by, second by second; after two hours it sums them to five minutes.

Once nothing is under way these hold for every exporter; what is in memory or waits in the spool is the difference meanwhile:

${BALANCES.map(({ total, parts }) => `- ${code(total)} = ${parts.map(code).join(' + ')}`).join('\n')}
`;
}
