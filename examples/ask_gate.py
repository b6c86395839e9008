"""Asks a gate from a workflow in Python, as a child workflow by its name.

The worker of this workflow needs nothing of Latch. The gate runs on Latch's task
queue, in the same namespace.
"""

from datetime import timedelta

from temporalio import workflow


@workflow.defn
class Rollout:
    @workflow.run
    async def run(self, version: str) -> str:
        # Raises ChildWorkflowError unless the gate lets pass. Its cause is an
        # ApplicationError of type GateStopped or GateRolledBack, with the result in
        # its details, or the gate was cancelled, terminated or timed out.
        await workflow.execute_child_workflow(
            "latch.Gate",
            {
                "event": "ROLLOUT",
                "vars": {"version": version},
                "webhooks": [
                    {"id": "board", "events": [{"event": "ROLLOUT", "blocking": True}]}
                ],
            },
            id=f"gate-rollout-{version}",
            task_queue="latch",
            execution_timeout=timedelta(hours=1),
        )
        return f"rolled out {version}"
