import type { CommandProgress } from '../../src/client/index.ts';
import { connectToFake } from './fake-gateway.ts';
import { createScriptedFetch } from './scripted-fetch.ts';

/** A client with a live WebSocket and an HTTP way, both of them objects. */
export async function setUpDelivery(options: { readonly isLive?: boolean; readonly others?: number } = {}) {
  const { isLive = true, others = 404 } = options;
  const script = createScriptedFetch(others);
  const scene = await connectToFake({ fetch: script.fetch });
  if (isLive) scene.socket.welcome();
  const progress: CommandProgress[] = [];
  const onProgress = (next: CommandProgress): void => void progress.push(next);
  const states = (): readonly string[] => progress.map(({ state }) => state);
  return Object.assign(scene, { script, posts: script.posts, onProgress, states });
}
