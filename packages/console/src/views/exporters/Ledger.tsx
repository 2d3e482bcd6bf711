// The loss ledger: every datagram and flow record in one account, and the sums written out so that anyone can check them.
import type { LedgerAnswer } from '../../api/types.ts';
import { formatExact } from '../../format/number.ts';
import {
  accountTitle,
  type Balance,
  type BalanceLine,
  type Book,
  balancesOf,
  besideBalances,
  differenceText,
} from './ledger.ts';

function Line({ line, sign }: { readonly line: BalanceLine; readonly sign: string }) {
  const { account, count } = line;
  const bad = account.role === 'lost' && count > 0;
  return (
    <tr className={bad ? 'weir-m-lost' : count === 0 ? 'weir-m-zero' : ''}>
      <td className="weir-sign" aria-hidden="true">
        {sign}
      </td>
      <th scope="row">
        {accountTitle(account.name)}
        <span className="weir-subtle weir-account-text">{account.description}</span>
      </th>
      <td className="weir-right weir-number">{formatExact(count)}</td>
    </tr>
  );
}

function BalanceTable({ balance }: { readonly balance: Balance }) {
  const { sink, total, parts, difference } = balance;
  const title = `${total.account.unit === 'flow' ? 'Flow records' : 'Datagrams'} ${accountTitle(total.account.name).toLowerCase()}${sink === '' ? '' : ` to the sink ${sink}`}`;
  return (
    <table className="weir-table weir-ledger">
      <caption>{title}</caption>
      <tbody>
        <Line line={total} sign="" />
        {parts.map((part, index) => (
          <Line key={part.account.name} line={part} sign={index === 0 ? '=' : '+'} />
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td />
          <th scope="row">Difference</th>
          <td className="weir-right weir-number">
            {formatExact(difference)}
            <span className={`weir-difference${difference === 0 ? ' weir-m-good' : ''}`}>
              {differenceText(difference, total.account.unit)}
            </span>
          </td>
        </tr>
      </tfoot>
    </table>
  );
}

function Beside({ title, lines }: { readonly title: string; readonly lines: readonly BalanceLine[] }) {
  return (
    <table className="weir-table weir-ledger">
      <caption>{title}</caption>
      <tbody>
        {lines.map((line) => (
          <Line key={line.account.name} line={line} sign="" />
        ))}
      </tbody>
    </table>
  );
}

export function Ledger({ answer, book }: { readonly answer: LedgerAnswer; readonly book: Book }) {
  const { lost, notes } = besideBalances(answer, book);
  return (
    <div className="weir-ledgers">
      {balancesOf(answer, book).map((balance) => (
        <BalanceTable key={`${balance.sink} ${balance.total.account.name}`} balance={balance} />
      ))}
      <Beside title="Lost outside the balances" lines={lost} />
      <Beside title="Notes" lines={notes} />
    </div>
  );
}
