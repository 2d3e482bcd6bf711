// docs/reference/api.md, made from the routes: parameters, answers and examples are those of the code.
import { CATALOGUE } from '@weir/query/language';
import { DEFAULT_LIMITS } from './deps.ts';
import { parametersOf, TAIL } from './openapi.ts';
import { DEMO, DEMO_PATH } from './routes/demo.ts';
import { allRoutes } from './routes/index.ts';
import { MAX_HEADER_BYTES } from './unreadable.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function parameterTable(
  route: Pick<typeof TAIL, 'query'> | { readonly query: Parameters<typeof parametersOf>[0] },
): string {
  const parameters = parametersOf(route.query);
  if (parameters.length === 0) return 'No parameters.\n';
  const rows = parameters.map(({ name, description, schema }) => {
    const fallback = schema.default === undefined || schema.default === '' ? '' : `\`${cell(String(schema.default))}\``;
    const values =
      Array.isArray(schema.enum) && schema.enum.length < 8
        ? ` One of ${schema.enum.map((value) => `\`${value}\``).join(', ')}.`
        : '';
    return `| \`${name}\` | ${cell(description)}.${values} | ${fallback} |`;
  });
  return ['| parameter | meaning | default |', '|---|---|---|', ...rows, ''].join('\n');
}

/** The reference of the API as Markdown. */
export function generateApiReference(): string {
  const { routes } = allRoutes();
  const sections = [...routes, TAIL].map((route) => {
    const url = `/api/v1/${route.path}`;
    const example = route.example === '' ? url : `${url}?${route.example}`;
    return `## GET ${url}\n\n${route.description}\n\n${parameterTable(route)}\n\`\`\`sh\ncurl 'http://127.0.0.1:8080${example}'\n\`\`\`\n`;
  });
  return `# HTTP API

Made from the code: do not edit. The full description, with the shape of every answer, is served at \`/api/openapi.json\` (OpenAPI 3.1).

Everything but the last is GET and answers JSON; no request has content. Times in parameters are ISO 8601, milliseconds since 1970, or relative (\`now-15m\`); in answers
they are milliseconds since 1970. 64-bit keys are decimal text. An unknown parameter is an error that names the nearest known one.
There are ${CATALOGUE.fields.size} names to filter by, told by \`/api/v1/fields\`; the [filter language](../guides/filters.md) has its own page.

Answers about flows have \`meta\`: the range read, the resolution used, rows and bytes read, the time it took, whether the limit left
something out, and warnings.

## Errors

Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details (\`application/problem+json\`). \`errors\` lists the
mistakes, each with \`message\` and, where it applies, the \`parameter\`, the place in the filter (\`from\`, \`to\`) and a \`suggestion\`.

| status | type | when |
|---|---|---|
| 400 | \`urn:weir:problem:bad_parameter\`, \`bad_filter\`, \`bad_cursor\`, \`bad_resolution\` | The request cannot be understood |
| 400 | \`urn:weir:problem:content_not_allowed\` | The request has content |
| 400 | \`urn:weir:problem:bad_request\` | It is not HTTP, or not as it should be |
| 403 | \`urn:weir:problem:origin_not_allowed\` | A request that changes something comes from the page of another site |
| 403 | \`urn:weir:problem:header_missing\` | A request that changes something lacks the header \`X-Requested-By\` |
| 404 | \`urn:weir:problem:not_found\` | There is nothing at this address |
| 405 | \`urn:weir:problem:method_not_allowed\` | There is something, but not for this method; \`Allow\` says for which |
| 408 | \`urn:weir:problem:request_timeout\` | The request did not come within \`http.header_timeout\` or \`http.request_timeout\` |
| 421 | \`urn:weir:problem:host_not_allowed\` | The Host header names neither localhost, nor an address, nor one of \`http.allowed_hosts\` |
| 422 | \`urn:weir:problem:query_limit\` | The query goes beyond a limit; \`limit\` is \`memory\`, \`time\`, \`rows\` or \`result\` |
| 431 | \`urn:weir:problem:headers_too_large\` | The head of the request is longer than ${MAX_HEADER_BYTES / 1024} KiB |
| 503 | \`urn:weir:problem:store_not_ready\` | The store is starting, busy or gone |
| 503 | \`urn:weir:problem:too_busy\`, \`too_many_tails\` | More than ${DEFAULT_LIMITS.queue} queries wait, one waited longer than ${DEFAULT_LIMITS.queueMs / 1000} s, or ${DEFAULT_LIMITS.tails} live tails are open |
| 503 | \`urn:weir:problem:too_many_requests\` | More requests are under way than are passed on at once, in all or from one address |

${sections.join('\n')}
## DELETE ${DEMO_PATH}

${DEMO.description}

\`\`\`sh
curl -X DELETE -H 'X-Requested-By: curl' 'http://127.0.0.1:8080${DEMO_PATH}'
\`\`\`
`;
}
