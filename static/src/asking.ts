// Asking our own server with the session of the page. A refusal is heard as its problem details.

import { freshKey } from './keys';

export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  facts: Record<string, unknown>;
}

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

/** Asks the server; throws Refused for a refusal and TypeError where there is no network. */
export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  const asked: RequestInit = { headers, cache: 'no-store', signal: AbortSignal.timeout?.(10_000) ?? null };
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    headers['Idempotency-Key'] = freshKey();
    headers['X-CSRFToken'] = document.querySelector<HTMLInputElement>('input[name="csrf_token"]')?.value ?? '';
    asked.method = 'POST';
    asked.body = JSON.stringify(body);
  }
  const answer = await fetch(`/api/v1${path}`, asked);
  const told: unknown = await answer.json();
  if (answer.ok) return told as Answer;
  const { code = '', title = '', detail = '', facts = {} } = told as Partial<Problem>;
  throw new Refused({ status: answer.status, code, title, detail, facts });
}
