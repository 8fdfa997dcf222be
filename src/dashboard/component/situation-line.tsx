import { withLocalTimes } from '../model/format.ts';
import type { Situation } from '../model/situation.ts';
import { TextWithTimes } from './time.tsx';

interface SituationLineProps {
  readonly situation: Pick<Situation, 'tone' | 'text' | 'announcement'> & { readonly kind: string };
  /** Finds it in tests, and its parts: `name`, `name-text`, `name-announcement`. */
  readonly name: string;
}

/** What is going on in one sentence. Read out when it becomes another one, not with each second that passes. */
export function SituationLine({ situation, name }: SituationLineProps) {
  const { tone, kind, text, announcement } = situation;
  return (
    <div class="status-line" data-tone={tone} data-kind={kind} data-testid={name}>
      <span class="dot" aria-hidden="true" />
      <span class="status-text" aria-hidden="true" data-testid={`${name}-text`}>
        <TextWithTimes text={text} />
      </span>
      <span class="unseen" role="status" data-testid={`${name}-announcement`}>
        {withLocalTimes(announcement)}
      </span>
    </div>
  );
}
