import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/**
 * Answers held against a provider's own description. The descriptions lie beside the repository and are no part of it: where the
 * folder is absent there is nothing to hold against, and tests say so.
 */
export class OpenApi {
  readonly #description: Description;
  readonly #checks = new Map<string, z.ZodType>();

  private constructor(description: Description) {
    this.#description = description;
  }

  /** `sellasist`, `infakt`; undefined when the description is not on this machine. */
  static of(system: string): OpenApi | undefined {
    const file = fileURLToPath(new URL(`../../../shared/contracts/${system}/openapi.json`, import.meta.url));
    if (!existsSync(file)) return undefined;
    const text = readFileSync(file, 'utf8').replaceAll('#/components/schemas/', '#/definitions/');
    return new OpenApi(JSON.parse(text) as Description);
  }

  /** What is wrong with a JSON answer; nothing when it is as described, or when no answer of that kind is described. */
  answerProblems(method: string, path: string, status: number, body: unknown): string[] {
    const template = this.template(method, path);
    if (!template) return [`${method} ${path} is not in the description`];
    const answer = this.#description.paths[template]![method.toLowerCase()]!.responses[String(status)];
    if (!answer) return [`${method} ${template}: no answer ${status} is described`];
    const schema = this.#resolved(answer).content?.['application/json']?.schema;
    return schema ? this.#problems(`${method} ${template} ${status}`, schema, body) : [];
  }

  schemaProblems(name: string, value: unknown): string[] {
    return this.#problems(name, { $ref: `#/definitions/${name}` }, value);
  }

  /** The described path that a real one is an instance of. */
  template(method: string, path: string): string | undefined {
    const templates = Object.keys(this.#description.paths).filter((t) => this.#description.paths[t]![method.toLowerCase()]);
    const matches = templates.filter((t) => new RegExp(`^${t.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path));
    // The most literal one wins: `/invoices/next_number.json` over `/invoices/{uuid}.json`.
    return matches.sort((a, b) => a.split('{').length - b.split('{').length)[0];
  }

  #resolved(answer: Answer): Answer {
    const name = answer.$ref?.split('/').at(-1);
    return name ? (this.#description.components.responses?.[name] ?? answer) : answer;
  }

  #problems(name: string, schema: object, value: unknown): string[] {
    let check = this.#checks.get(name);
    if (!check) {
      const whole = { ...schema, definitions: this.#description.components.schemas };
      check = z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0], { defaultTarget: 'openapi-3.0' });
      this.#checks.set(name, check);
    }
    const checked = check.safeParse(value);
    return checked.success ? [] : checked.error.issues.map((issue) => `${name}: ${issue.path.join('.')}: ${issue.message}`);
  }
}

type Answer = { $ref?: string; content?: Record<string, { schema?: object }> };
type Description = {
  paths: Record<string, Record<string, { responses: Record<string, Answer> }>>;
  components: { schemas: Record<string, object>; responses?: Record<string, Answer> };
};
