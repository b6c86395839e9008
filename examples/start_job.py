"""Starts a job through the HTTP API of a Temporal server, as a service in any
language can: the workflow's name, its task queue, and the job as JSON.

Usage: start_job.py JOB.json [TEMPORAL_HTTP_ADDRESS]"""

import base64
import json
import sys
import urllib.parse
import urllib.request


def start(job, address):
    """Starts latch.JobRun with the job and gives the run's id."""
    payload = {
        "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
        "data": base64.b64encode(json.dumps(job).encode()).decode(),
    }
    workflow = urllib.parse.quote(f"job-{job['id']}", safe="")
    request = urllib.request.Request(
        f"{address}/api/v1/namespaces/default/workflows/{workflow}",
        data=json.dumps({
            "workflowType": {"name": "latch.JobRun"},
            "taskQueue": {"name": "latch"},
            "input": {"payloads": [payload]},
        }).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["runId"]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    print(start(given, sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:7243"))
