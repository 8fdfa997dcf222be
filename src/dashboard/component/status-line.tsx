import { useSituation } from '../hook/use-situation.ts';
import { withLocalTimes } from '../model/format.ts';
import { TextWithTimes } from './time.tsx';

/** What is going on in one sentence. Read out when it becomes another one, not with each second that passes. */
export function StatusLine() {
  const { tone, kind, text, announcement } = useSituation();
  return (
    <div class="status-line" data-tone={tone} data-kind={kind} data-testid="situation">
      <span class="dot" aria-hidden="true" />
      <span aria-hidden="true" data-testid="situation-text">
        <TextWithTimes text={text} />
      </span>
      <span class="unseen" role="status" data-testid="announcement">
        {withLocalTimes(announcement)}
      </span>
    </div>
  );
}
