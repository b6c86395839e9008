// Asks a gate from a workflow in TypeScript, as a child workflow by its name.
//
// The worker of this workflow needs nothing of Latch. The gate runs on Latch's task
// queue, in the same namespace.
import { executeChild } from '@temporalio/workflow';

export async function rollout(version: string): Promise<string> {
  // Throws a ChildWorkflowFailure unless the gate lets pass. Its cause is an
  // ApplicationFailure of type GateStopped or GateRolledBack, with the result in its
  // details, or the gate was cancelled, terminated or timed out.
  await executeChild('latch.Gate', {
    args: [
      {
        event: 'ROLLOUT',
        vars: { version },
        webhooks: [{ id: 'board', events: [{ event: 'ROLLOUT', blocking: true }] }],
      },
    ],
    workflowId: `gate-rollout-${version}`,
    taskQueue: 'latch',
    workflowExecutionTimeout: '1 hour',
  });
  return `rolled out ${version}`;
}
