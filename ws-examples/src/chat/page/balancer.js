// Where to go on when the node is gone, if there are others: the balancer knows.

const balancer = document.querySelector('meta[name="balancer"]').content;
const ANSWER_WITHIN = 2_000;

/** Whether there are other nodes. */
export const hasOthers = balancer !== "";

/** The origin of a node that lives, another than this one if possible; null if nobody knows. */
export async function anotherNode(gone) {
  const question = `${balancer}/node?not=${encodeURIComponent(gone)}`;
  try {
    const answer = await fetch(question, { credentials: "omit", signal: AbortSignal.timeout(ANSWER_WITHIN) });
    const { node } = await answer.json();
    return new URL(node).origin;
  } catch {
    return null;
  }
}
